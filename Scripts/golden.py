#!/usr/bin/env python3
"""Writes Tests/Golden: what the field's own tools compute, committed so that the tests need no Python.

usage: Scripts/golden.py [--check] [--list] [topic ...]

Every file Scripts/golden/<topic>.py except common.py is a topic: its main() runs, or the file itself where it has none.
Without names all of them run, each in its own process. The tools come from PyPI in the pinned versions below, into
.build/golden-venv (made when it is missing or when the pins changed). DR_GOLDEN_PYTHON names another Python that already has them. On one machine the output is the
same to the byte; other processors may round the float32 columns differently.

--check  fails when running the topics changed any file below Tests/Golden.
"""

import argparse
import hashlib
import os
import pathlib
import subprocess
import sys

PINS = """
torch==2.13.0
torchvision==0.28.0
timm==1.0.31
peft==0.21.2
transformers==5.23.0
segmentation_models_pytorch==0.6.0
onnx==1.23.2
onnxruntime==1.31.1
faiss-cpu==1.15.1
scikit-learn==1.9.1
scipy==1.17.1
torchmetrics==1.9.0
medpy==0.5.2
monai==1.6.1
safetensors==0.8.0
pillow==13.0.0
numpy==2.4.6
pyyaml==6.0.3
pydicom==3.0.2
nibabel==5.4.2
pylibjpeg==2.1.0
pylibjpeg-openjpeg==2.6.0
pylibjpeg-libjpeg==2.5.0
pylibjpeg-rle==2.2.0
pyjpegls==1.5.1
python-gdcm==3.2.6
kornia==0.9.0
xxhash==4.1.0
"""

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOPICS = ROOT / "Scripts" / "golden"
GOLDEN = ROOT / "Tests" / "Golden"
VENV = ROOT / ".build" / "golden-venv"


def python():
    """The interpreter that has the tools; makes the virtual environment when needed."""
    chosen = os.environ.get("DR_GOLDEN_PYTHON")
    if chosen:
        return chosen
    interpreter = VENV / "bin" / "python"
    stamp = VENV / "pins.txt"
    if not interpreter.exists() or not stamp.exists() or stamp.read_text() != PINS:
        print(f"golden: installing the pinned tools into {VENV.relative_to(ROOT)}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        # Where pip's configuration names an index of CPU builds, torch==2.13.0 also accepts 2.13.0+cpu.
        subprocess.run([str(interpreter), "-m", "pip", "install", "--quiet", *PINS.split()], check=True)
        stamp.write_text(PINS)
    return str(interpreter)


def topics():
    """Names of the topics."""
    return sorted(path.stem for path in TOPICS.glob("*.py") if path.stem != "common")


def hashes():
    """SHA-256 of every file below Tests/Golden."""
    files = (path for path in sorted(GOLDEN.rglob("*")) if path.is_file())
    return {str(path.relative_to(GOLDEN)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def run(interpreter, topic):
    environment = os.environ | {
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(TOPICS),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }
    code = f"import {topic}; getattr({topic}, 'main', lambda: None)()"
    return subprocess.run([interpreter, "-W", "ignore", "-c", code], cwd=ROOT, env=environment).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("topics", nargs="*", metavar="topic")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    known = topics()
    if options.list:
        print("\n".join(known))
        return 0
    unknown = [topic for topic in options.topics if topic not in known]
    if unknown:
        parser.error(f"unknown topic {', '.join(unknown)}; there are {', '.join(known)}")
    interpreter = python()
    before = hashes()
    failed = [topic for topic in options.topics or known if not run(interpreter, topic)]
    after = hashes()
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    size = sum(path.stat().st_size for path in GOLDEN.rglob("*") if path.is_file())
    print(f"golden: {len(after)} files, {size / 1e6:.1f} MB, {len(changed)} changed, {len(failed)} topics failed")
    for topic in failed:
        print(f"golden: {topic} failed", file=sys.stderr)
    if options.check:
        for name in changed:
            print(f"golden: {name} changed", file=sys.stderr)
    return 1 if failed or (options.check and changed) else 0


if __name__ == "__main__":
    sys.exit(main())
