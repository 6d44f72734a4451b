#!/usr/bin/env bash
# Fetches the node tests of the ONNX package into .build/onnx-node, once; says why on one line where that is not possible.
# With --update it runs them and writes Tests/Golden/node.txt and docs/onnx-coverage.md.
set -euo pipefail
cd "$(dirname "$0")/.."

version=1.20.1
place=.build/onnx-node
if [ ! -f "$place/$version" ]; then
    mkdir -p "$place"
    if python3 -m pip download -q --disable-pip-version-check --no-deps --dest "$place" "onnx==$version" >/dev/null 2>&1 &&
        python3 - "$place" <<'PYTHON'; then
import glob, sys, zipfile
[wheel] = glob.glob(sys.argv[1] + "/*.whl")
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(sys.argv[1], [name for name in archive.namelist() if name.startswith("onnx/backend/test/data/node/")])
PYTHON
        rm -f "$place"/*.whl
        touch "$place/$version"
    else
        rm -rf "$place"
        echo "the node tests of onnx $version cannot be fetched here; they are skipped"
        exit 0
    fi
fi

if [ "${1:-}" = --update ]; then
    swift build -c release --product node-suite
    program=$(swift build -c release --show-bin-path)/node-suite
    "$program" "$place/onnx/backend/test/data/node" --list >Tests/Golden/node.txt
    "$program" "$place/onnx/backend/test/data/node" --page >docs/onnx-coverage.md
    wc -l <Tests/Golden/node.txt
fi
