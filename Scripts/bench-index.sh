#!/usr/bin/env bash
# Times exact nearest-neighbour queries beside FAISS (IndexFlatIP): the same vectors, the same number of threads.
#
# Both programs take turns (A B A B ...), so that a machine that slows down slows down both; the table holds the medians of the
# rounds' medians. Settings by environment: THREADS (2), ROUNDS (5), RUNS (15), COUNT (100000), DIMENSION (1024), K (20),
# QUERIES ("1 64"), LEVEL (4: AVX-512 where there is one, 3: AVX2; ours only), BENCH_PYTHON (a Python with numpy and faiss-cpu).
set -euo pipefail
cd "$(dirname "$0")/.."

export THREADS=${THREADS:-2} RUNS=${RUNS:-15} COUNT=${COUNT:-100000} DIMENSION=${DIMENSION:-1024} K=${K:-20}
export QUERIES=${QUERIES:-1 64} LEVEL=${LEVEL:-4}
rounds=${ROUNDS:-5}
work=$PWD/.build/bench-index
export DR_INDEX_BENCH=$work
mkdir -p "$work"
rm -f "$work"/*.jsonl

python=${BENCH_PYTHON:-$work/venv/bin/python}
if [ ! -x "$python" ]; then
    python3 -m venv "$work/venv"
    "$python" -m pip install --quiet faiss-cpu==1.15.1 numpy
fi
swift build -c release --build-tests
for round in $(seq "$rounds"); do
    echo "bench-index: round $round of $rounds"
    swift test -c release --skip-build --filter SearchBenchmark 2>/dev/null | grep '^{"tool"' >>"$work/ours.jsonl"
    # shellcheck disable=SC2086
    "$python" Benchmarks/peers/faiss_bench.py --count "$COUNT" --dimension "$DIMENSION" --k "$K" --queries $QUERIES \
        --threads "$THREADS" --runs "$RUNS" --cache "$work" >>"$work/theirs.jsonl"
done

"$python" - "$work" <<'PYTHON'
import json, statistics, sys

def read(name):
    with open(f"{sys.argv[1]}/{name}.jsonl") as lines:
        return [json.loads(line) for line in lines]

ours, theirs = read("ours"), read("theirs")
print(f"{'queries':>7} {'dr ms':>9} {'FAISS ms':>9} {'FAISS/dr':>9}")
for size in sorted({row["queries"] for row in ours}):
    mine = [row for row in ours if row["queries"] == size]
    other = [row for row in theirs if row["queries"] == size]
    a, b = (statistics.median(row["p50_ms"] for row in rows) for rows in (mine, other))
    same = {tuple(row["first"]) for row in mine + other}
    print(f"{size:7} {a:9.2f} {b:9.2f} {b / a:9.2f}" + ("" if len(same) == 1 else "  first neighbours differ"))
PYTHON
