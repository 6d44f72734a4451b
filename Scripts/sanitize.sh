#!/usr/bin/env bash
# Builds with the address sanitizer, which stops a program that reads or writes memory that is not its own, and runs:
# the node tests, some thousand damaged models, and the tests of the file format and the runtime.
# sanitize.sh [suite|mutants|tests]... runs these parts only. The build is one of its own, in .build-asan.
set -euo pipefail
cd "$(dirname "$0")/.."

parts=("$@")
[ $# -gt 0 ] || parts=(suite mutants tests)
# Leaks are not looked for: the process ends with what it has. What OpenMP's threads do is not instrumented.
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 OMP_NUM_THREADS=2
build=(swift build -c debug --sanitize=address --scratch-path .build-asan)
data=.build/onnx-node/onnx/backend/test/data/node
Scripts/node-suite.sh

for part in "${parts[@]}"; do
    echo "== $part"
    case $part in
        suite)
            "${build[@]}" --product node-suite
            # What passes is compared by `make test`; here a case may fail, but none may end the program.
            .build-asan/debug/node-suite "$data" | tail -n 1
            ;;
        mutants)
            "${build[@]}" --product model-mutants
            # The sanitizer's own memory counts too, and everything takes longer.
            .build-asan/debug/model-mutants "$data" --count "${MUTANTS:-3000}" --seconds 60 --megabytes 4096
            ;;
        tests)
            "${build[@]}" --build-tests
            swift test -c debug --sanitize=address --scratch-path .build-asan --skip-build --filter 'OnnxFormatTests|RuntimeTests'
            ;;
        *)
            echo "there is no part $part" >&2
            exit 2
            ;;
    esac
done
