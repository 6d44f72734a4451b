#!/usr/bin/env python3
"""Times exact search by FAISS (IndexFlatIP): one JSON line for each number of queries.

usage: faiss_bench.py [--count 100000] [--dimension 1024] [--k 20] [--queries 1 64] [--threads 2] [--runs 9] [--cache DIR]

Vectors are those of Tests/IndexTests/SearchBenchmark.swift: row i is centre[m(i)] + noise[i] scaled to length 1, where centres
(64), members and noise come from the generator of Scripts/golden/common.py. Queries follow the same rule and are rotated, so
that none is asked twice in a row.
"""

import argparse
import json
import os
import pathlib
import sys
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--count", type=int, default=100_000)
parser.add_argument("--dimension", type=int, default=1024)
parser.add_argument("--k", type=int, default=20)
parser.add_argument("--queries", type=int, nargs="+", default=[1, 64])
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--runs", type=int, default=9)
parser.add_argument("--cache", type=pathlib.Path, help="a directory that keeps the vectors for the next time")
options = parser.parse_args()

# Read by numpy and FAISS when they are imported; the generator's module would set 1.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(options.threads)
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Scripts" / "golden"))

import faiss  # noqa: E402
import numpy as np  # noqa: E402

import common  # noqa: E402

POOL = 512


def clustered(name, count):
    """[count, dimension] float32 of length 1; computed in parts to save memory."""
    centres = common.uniform("bench.centres", (64, options.dimension))
    members = common.integers(f"bench.{name}.members", (count,), 64)
    noise = common.uniform(f"bench.{name}", (count, options.dimension))
    for start in range(0, count, 4096):
        rows = (centres[members[start : start + 4096]] + noise[start : start + 4096]).astype(np.float64)
        noise[start : start + 4096] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return noise


def load(name, count):
    if options.cache is None:
        return clustered(name, count)
    path = options.cache / f"{name}-{count}x{options.dimension}.npy"
    if not path.exists():
        options.cache.mkdir(parents=True, exist_ok=True)
        np.save(path, clustered(name, count))
    return np.load(path)


def main():
    faiss.omp_set_num_threads(options.threads)
    index = faiss.IndexFlatIP(options.dimension)
    index.add(load("vectors", options.count))
    queries = load("queries", POOL)
    for size in options.queries:
        times = []
        for run in range(options.runs + 2):
            start = run * size % (POOL - size + 1)
            batch = np.ascontiguousarray(queries[start : start + size])
            begin = time.perf_counter()
            _, rows = index.search(batch, options.k)
            times.append((time.perf_counter() - begin) * 1e3)
        times = sorted(times[2:])
        print(json.dumps({
            "tool": f"faiss {faiss.__version__}", "queries": size, "threads": options.threads, "count": options.count,
            "dimension": options.dimension, "k": options.k, "runs": options.runs,
            "p50_ms": round(float(np.percentile(times, 50)), 3), "min_ms": round(times[0], 3),
            "first": [int(row) for row in rows[0][:3]],
        }), flush=True)


if __name__ == "__main__":
    main()
