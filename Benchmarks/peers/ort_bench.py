#!/usr/bin/env python3
"""Times ONNX Runtime on a model: one JSON line with p50 and p90 in milliseconds.

usage: ort_bench.py MODEL.onnx [--threads 2] [--batch 1] [--runs 100] [--warmup 10] [--dimension NAME=SIZE ...]

The first dimension of every input is the batch when the model leaves it open; other open dimensions need --dimension.
Percentiles interpolate linearly. Inputs are uniform in [-1, 1) with a fixed seed.
"""

import argparse
import json
import pathlib
import sys
import time

import numpy as np
import onnxruntime

TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(uint8)": np.uint8,
}


def feeds(session, batch, dimensions):
    """An array for every input of the model."""
    random = np.random.default_rng(1)
    arrays = {}
    for value in session.get_inputs():
        shape = []
        for axis, size in enumerate(value.shape):
            if isinstance(size, int) and size > 0:
                shape.append(size)
            elif size in dimensions:
                shape.append(dimensions[size])
            elif axis == 0:
                shape.append(batch)
            else:
                sys.exit(f"ort_bench: input {value.name} leaves dimension {size} open; give --dimension {size}=SIZE")
        kind = TYPES.get(value.type)
        if kind is None:
            sys.exit(f"ort_bench: input {value.name} has the type {value.type}, which is not supported here")
        floating = np.issubdtype(kind, np.floating)
        arrays[value.name] = random.uniform(-1, 1, shape).astype(kind) if floating else np.zeros(shape, kind)
    return arrays


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--warmup", type=int, default=10)
    parser.add_argument("--dimension", action="append", default=[], metavar="NAME=SIZE")
    options = parser.parse_args()
    dimensions = {name: int(size) for name, size in (item.split("=", 1) for item in options.dimension)}

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    settings.log_severity_level = 3
    started = time.perf_counter()
    session = onnxruntime.InferenceSession(str(options.model), settings, providers=["CPUExecutionProvider"])
    load = time.perf_counter() - started
    arrays = feeds(session, options.batch, dimensions)
    for _ in range(options.warmup):
        session.run(None, arrays)
    times = []
    for _ in range(max(options.runs, 1)):
        started = time.perf_counter()
        session.run(None, arrays)
        times.append((time.perf_counter() - started) * 1e3)
    record = {
        "tool": f"onnxruntime {onnxruntime.__version__}",
        "model": options.model.name,
        "threads": options.threads,
        "batch": next(iter(arrays.values())).shape[0] if arrays else options.batch,
        "runs": len(times),
        "p50_ms": round(float(np.percentile(times, 50)), 4),
        "p90_ms": round(float(np.percentile(times, 90)), 4),
        "min_ms": round(min(times), 4),
        "load_ms": round(load * 1e3, 1),
    }
    print(json.dumps(record))


if __name__ == "__main__":
    main()
