#!/usr/bin/env python3
"""Asks ONNX Runtime the golden samples of a model package and compares its answers with the card's.

usage: ort_package.py PACKAGE... [--tolerance 1e-4] [--threads 2]

The input of a sample is made from its seed as card.json says (splitmix64-uniform). The difference is
max|actual - expected| / max|expected|. One JSON line for each package.
exit code: 0 all within the tolerance, 1 some beyond it, 2 could not compare.
"""

import argparse
import hashlib
import json
import pathlib
import sys

import numpy as np
import onnxruntime


def seeded(spec):
    """The input that a card's sample describes."""
    if spec["generator"] != "splitmix64-uniform":
        raise ValueError(f"unknown generator {spec['generator']}")
    count = int(np.prod(spec["shape"]))
    with np.errstate(over="ignore"):
        steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = np.uint64(spec["seed"]) + steps
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    unit = (z >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return (spec["low"] + (spec["high"] - spec["low"]) * unit).astype(np.float32).reshape(spec["shape"])


def check(package, threads):
    """The largest relative difference over the samples of a package whose files have the card's hashes."""
    card = json.loads((package / "card.json").read_text())
    for name, file in card["files"].items():
        if hashlib.sha256((package / name).read_bytes()).hexdigest() != file["sha256"]:
            raise ValueError(f"{name} has another SHA-256 than the card says")
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(package / "model.onnx"), settings, providers=["CPUExecutionProvider"])
    worst = 0.0
    for sample in card["golden_samples"]:
        actual = session.run([card["output"]], {card["input"]: seeded(sample["input"])})[0].ravel()
        expected = np.array(sample["outputs"], np.float32)
        if actual.shape != expected.shape or not np.isfinite(actual).all():
            return float("inf")
        worst = max(worst, float(np.abs(actual - expected).max() / np.abs(expected).max()))
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="+", type=pathlib.Path)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    code = 0
    for package in options.packages:
        try:
            worst = check(package, options.threads)
        except Exception as error:
            print(json.dumps({"package": package.name, "error": str(error)}))
            code = 2
            continue
        passed = worst <= options.tolerance
        print(json.dumps({"package": str(package), "max_relative_difference": worst, "passed": passed}))
        if not passed:
            code = max(code, 1)
    sys.exit(code)


if __name__ == "__main__":
    main()
