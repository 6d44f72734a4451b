#!/usr/bin/env bash
# Measures our runtime beside ONNX Runtime and OpenVINO on the same model files, in turns; `--help` tells the options.
#
# The models are exported from timm and transformers with random weights into BENCH_MODELS (.build/bench-models, 3 GB for all)
# and stay there. Other settings by environment: BENCH_PYTHON (a Python that has Benchmarks/peers/requirements.txt) and
# MODEL_RUNNER (a built program).
set -euo pipefail
cd "$(dirname "$0")/.."

work=$PWD/.build/bench-peers
venv=$PWD/.build/bench-venv
requirements=Benchmarks/peers/requirements.txt
mkdir -p "$work"

python=${BENCH_PYTHON:-$venv/bin/python}
if [ -z "${BENCH_PYTHON:-}" ] && ! cmp -s "$requirements" "$venv/requirements.txt"; then
    echo "bench-peers: installing $(grep -vc '^#' "$requirements") packages into $venv"
    python3 -m venv "$venv"
    "$python" -m pip install --quiet -r "$requirements"
    cp "$requirements" "$venv/requirements.txt"
fi
case " $* " in *" --help "* | *" -h "*) exec "$python" Benchmarks/peers/bench_peers.py --help ;; esac
if [ -z "${MODEL_RUNNER:-}" ]; then
    swift build -c release --product model-runner
    MODEL_RUNNER=$(swift build -c release --show-bin-path)/model-runner
fi
cc -O2 -pthread Benchmarks/peers/peak.c -o "$work/peak"
exec "$python" Benchmarks/peers/bench_peers.py --cache "${BENCH_MODELS:-.build/bench-models}" --runner "$MODEL_RUNNER" \
    --peak "$work/peak" --json "$work/results.json" "$@"
