#!/usr/bin/env bash
# Builds everything in release mode, runs every test, and ends with a line `N passed, N failed` counted from what ran.
set -uo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT

echo "== build"
swift build -c release --build-tests --explicit-target-dependency-import-check error || exit 1
echo "== links"
Scripts/links.sh || exit 1
echo "== ONNX Runtime"
venv=.build/onnxruntime-venv
if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c 'import onnxruntime' 2>/dev/null; then
    if ! { python3 -m venv "$venv" && "$venv/bin/pip" install -q --disable-pip-version-check onnxruntime numpy; } >/dev/null 2>&1; then
        rm -rf "$venv"
        echo "onnxruntime cannot be installed here; the comparison with it is skipped"
    fi
fi
echo "== node tests"
Scripts/node-suite.sh
echo "== tests"
swift test -c release --skip-build --parallel 2>&1 | tee "$log" | grep -vE '^(◇|✔) |started\.$|passed after|^\[[0-9]+/[0-9]+\]|^Building|^Build complete'
status=${PIPESTATUS[0]}

# Every finished case of Swift Testing prints a line with its mark; a skipped one is neither.
passed=$(grep -E '^✔ Test .* passed after' "$log" | grep -cv '^✔ Test run ')
failed=$(grep -E '^✘ Test .* failed after' "$log" | grep -cv '^✘ Test run ')
total=$(sed -nE 's/.*Test run with ([0-9]+) tests?.*/\1/p' "$log" | tail -n 1)
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
    echo "the test process ended with status $status" >&2
    failed=1
fi
if [ -z "$total" ] || [ $((passed + failed)) -eq 0 ]; then
    echo "no test ran" >&2
    failed=$((failed + 1))
fi
grep -hE '^skipped: ' "$log" | sort | uniq -c
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
