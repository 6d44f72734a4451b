#!/usr/bin/env bash
# Quick checks before a commit: format, sizes, build, the tests without pictures and processes. Ends with the number of steps run.
set -uo pipefail
cd "$(dirname "$0")/.."
steps=0
step() {
    local name=$1
    shift
    steps=$((steps + 1))
    if "$@"; then echo "ok    $name"; else echo "FAIL  $name"; exit 1; fi
}
lint() { git ls-files '*.swift' ':!Sources/OnnxFormat/Generated' | xargs swift format lint --strict; }
step format lint
step sizes Scripts/sizes.sh
step build swift build -c release --build-tests --explicit-target-dependency-import-check error
step links Scripts/links.sh
step tests swift test -c release --skip-build --filter 'GraphTests|RuntimeTests|MetricsTests|CheckpointsTests'
echo "$steps steps run"
