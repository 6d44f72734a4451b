#!/usr/bin/env bash
# Times single-picture inference of ResNet-50 and ViT-S beside ONNX Runtime on the same file and number of threads.
#
# Both programs take turns (A B A B ...), so that a machine that slows down slows down both; the table holds the medians of
# the rounds' medians. Settings by environment: THREADS (2), ROUNDS (3), RUNS (50), MODELS, DR_EXPORT (a built program).
set -euo pipefail
cd "$(dirname "$0")/.."

threads=${THREADS:-2}
rounds=${ROUNDS:-3}
runs=${RUNS:-50}
models=${MODELS:-resnet50 vit_small_patch16}
work=.build/bench
venv=.build/bench-venv
mkdir -p "$work"

if [ -n "${DR_EXPORT:-}" ]; then
    export_program=$DR_EXPORT
else
    swift build -c release --product dr-export
    export_program=$(swift build -c release --show-bin-path)/dr-export
fi

# Says why on one line when ONNX Runtime cannot be had; ours is measured all the same.
python=
prepare_python() {
    if [ -n "${BENCH_PYTHON:-}" ]; then
        python=$BENCH_PYTHON
    elif [ -x "$venv/bin/python" ] && "$venv/bin/python" -c 'import onnxruntime, numpy' 2>/dev/null; then
        python=$venv/bin/python
    elif ! command -v python3 >/dev/null; then
        echo "bench: ONNX Runtime skipped: there is no python3"
    elif ! python3 -m venv "$venv" >"$work/venv.log" 2>&1; then
        echo "bench: ONNX Runtime skipped: python3 -m venv failed, see $work/venv.log"
    elif ! "$venv/bin/python" -m pip install --quiet onnxruntime numpy >"$work/venv.log" 2>&1; then
        echo "bench: ONNX Runtime skipped: pip install onnxruntime failed, see $work/venv.log"
    else
        python=$venv/bin/python
    fi
}
prepare_python

# The number of a key in a line of JSON.
field() { sed -n "s/.*\"$2\": *\([0-9.]*\).*/\1/p" "$1"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

table="$work/table.txt"
printf '%-20s %10s %10s %10s %10s\n' model "dr ms" "ORT ms" "ORT/dr" "dr MiB" >"$table"
for model in $models; do
    package="$work/$model/1"
    "$export_program" --architecture "$model" --random-weights 1 --output "$package" --threads "$threads" --force >/dev/null
    : >"$work/ours.txt"
    : >"$work/theirs.txt"
    for round in $(seq "$rounds"); do
        "$export_program" --benchmark-only "$package/model.onnx" --threads "$threads" --runs "$runs" >"$work/ours.json"
        field "$work/ours.json" p50_ms >>"$work/ours.txt"
        echo "bench: $model round $round dr          $(tail -1 "$work/ours.txt") ms"
        if [ -n "$python" ]; then
            "$python" Benchmarks/peers/ort_bench.py "$package/model.onnx" --threads "$threads" --runs "$runs" >"$work/theirs.json"
            field "$work/theirs.json" p50_ms >>"$work/theirs.txt"
            echo "bench: $model round $round ONNX Runtime $(tail -1 "$work/theirs.txt") ms"
        fi
    done
    ours=$(median <"$work/ours.txt")
    memory=$(($(field "$work/ours.json" peak_memory_bytes) / 1048576))
    theirs=- ratio=-
    if [ -s "$work/theirs.txt" ]; then
        theirs=$(median <"$work/theirs.txt")
        ratio=$(awk "BEGIN { printf \"%.2f\", $theirs / $ours }")
        theirs=$(printf '%.2f' "$theirs")
    fi
    printf '%-20s %10.2f %10s %10s %10d\n' "$model" "$ours" "$theirs" "$ratio" "$memory" >>"$table"
done
echo
echo "single picture, float32, $threads threads, $rounds rounds of $runs runs; ORT/dr above 1: dr is faster"
cat "$table"
