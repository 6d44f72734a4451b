#!/usr/bin/env python3
"""Compares a saved output with what ONNX Runtime computes from the same model and input.

usage: ort_compare.py MODEL INPUT.npy OUTPUT.npy RTOL [--output NAME] [--threads 1]

MODEL is an .onnx file or a folder that holds model.onnx (a model package, or a run with one exported into it). The
difference is max|actual - expected| / max|expected| over the output. One JSON line tells the result.
exit code: 0 within RTOL, 1 beyond it (also for a wrong shape or a value that is not finite), 2 could not compare.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import onnxruntime


def find(path):
    """The model file that `path` means."""
    if path.is_file():
        return path
    candidates = [path / "model.onnx", *sorted(path.glob("*/model.onnx")), *sorted(path.glob("*.onnx"))]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(f"{path}: no model.onnx")


def difference(actual, expected):
    """(error, reason): the relative error, or infinity and why no number can be given."""
    if actual.shape != expected.shape:
        return float("inf"), f"shape {list(actual.shape)} instead of {list(expected.shape)}"
    if not np.isfinite(expected).all():
        return float("inf"), "ONNX Runtime's output is not finite"
    if not np.isfinite(actual).all():
        return float("inf"), "the output is not finite"
    if expected.size == 0:
        return float("inf"), "the output is empty"
    actual, expected = actual.astype(np.float64), expected.astype(np.float64)
    worst, largest = np.abs(actual - expected).max(), np.abs(expected).max()
    return float(worst / largest) if largest > 0 else (0.0 if worst == 0 else float("inf")), None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("input", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("rtol", type=float)
    parser.add_argument("--output", dest="name", help="the model's output; its first one by default")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.log_severity_level = 3
    try:
        model = find(options.model)
        given = np.load(options.input, allow_pickle=False)
        actual = np.load(options.output, allow_pickle=False)
        session = onnxruntime.InferenceSession(str(model), settings, providers=["CPUExecutionProvider"])
        names = [value.name for value in session.get_outputs()]
        name = options.name or names[0]
        if name not in names:
            raise ValueError(f"the model has no output {name}; it has {', '.join(names)}")
        expected = session.run([name], {session.get_inputs()[0].name: given})[0]
    except Exception as error:
        print(f"ort_compare: {error}", file=sys.stderr)
        return 2
    error, reason = difference(actual, expected)
    passed = error <= options.rtol
    record = {
        "model": model.name,
        "output": name,
        "shape": list(expected.shape),
        "relative_error": error if np.isfinite(error) else None,
        "rtol": options.rtol,
        "passed": passed,
    }
    if reason:
        record["reason"] = reason
    print(json.dumps(record))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
