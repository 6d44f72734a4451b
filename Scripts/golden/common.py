"""What every golden topic shares: where files go, the value generator, JSON and safetensors writers, timm and peft imports.

The value generator is the contract with the Swift tests. Nothing large is committed: parameters, images and labels are
recomputed on both sides from their names.

    seed      = FNV-1a, 64 bits, of the UTF-8 bytes of the name
    z(i)      = splitmix64's finalizer of seed + (i + 1) * 0x9E3779B97F4A7C15, all modulo 2^64, i = 0, 1, ... in row-major order
    u(i)      = float32(z(i) >> 40) * 2^-23 - 1                    in [-1, 1), exact in float32
    value(i)  = offset + scale * u(i)                              float32

Either `offset` is 0 or `scale` is a power of two (or 0), so that at most one float32 rounding happens and a fused
multiply-add gives the same bits.
"""

import json
import math
import os
import pathlib
import re

# One thread, before numpy and torch read it: the order of a sum must not depend on the machine's load.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import numpy as np  # noqa: E402

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Golden"

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)


def fnv1a(name):
    """FNV-1a, 64 bits, of the name's UTF-8 bytes."""
    state = 0xCBF29CE484222325
    for byte in name.encode("utf-8"):
        state = ((state ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return state


def bits(name, count):
    """z(0) ... z(count - 1) of the stream called `name`."""
    with np.errstate(over="ignore"):
        z = np.uint64(fnv1a(name)) + np.arange(1, count + 1, dtype=np.uint64) * _GAMMA
        z = (z ^ (z >> np.uint64(30))) * _MIX1
        z = (z ^ (z >> np.uint64(27))) * _MIX2
        return z ^ (z >> np.uint64(31))


def uniform(name, shape, scale=1.0, offset=0.0):
    """float32 values of the stream called `name`."""
    scale, offset = np.float32(scale), np.float32(offset)
    exact = scale == 0 or math.frexp(float(scale))[0] == 0.5
    if offset != 0 and not exact:
        raise ValueError(f"{name}: with an offset the scale must be a power of two")
    count = math.prod(shape)
    u = (bits(name, count) >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-23) - np.float32(1)
    return (offset + scale * u).astype(np.float32).reshape(shape)


def integers(name, shape, bound):
    """int64 values z(i) % bound of the stream called `name`."""
    return (bits(name, math.prod(shape)) % np.uint64(bound)).astype(np.int64).reshape(shape)


def sample_indices(name, count, samples=512):
    """The positions that are kept of a parameter's gradient: z(j) % count of the stream `indices.<name>`, j < samples."""
    return integers("indices." + name, (samples,), count)


def rule(name, shape):
    """(scale, offset) for the parameter or buffer called `name`, as float32 values."""
    if re.fullmatch(r"((encoder\.)?layer|features\.)\d+\.\d+\.bn[23]\.weight", name):
        # Small residual branches, as trained networks start: rounding then moves ten losses by about 1e-6, not 1e-4.
        return 0.0625, 0.25
    if name.endswith("running_mean"):
        return 0.125, 0.0
    if name.endswith("running_var"):
        return 0.25, 1.0
    if name in ("cls_token", "pos_embed"):
        return 0.25, 0.0
    if ".lora_B." in name:
        return float(np.float32(0.02)), 0.0
    if len(shape) >= 2:
        return float(np.float32(math.sqrt(3.0 / math.prod(shape[1:])))), 0.0
    if name.endswith("bias"):
        return float(np.float32(0.02)), 0.0
    return 0.125, 1.0


def canonical(name):
    """A parameter's published name: PEFT's wrapping prefixes and adapter names removed."""
    return name.removeprefix("base_model.model.").replace(".base_layer.", ".").replace(".default.", ".")


def fill(model):
    """Sets every parameter and floating-point buffer of a torch model from the generator.

    Returns the entries of the JSON list `parameters`, in state_dict order, without `num_batches_tracked`.
    """
    import torch

    trainable = {canonical(name): value.requires_grad for name, value in model.named_parameters()}
    entries = []
    with torch.no_grad():
        for raw, value in model.state_dict().items():
            name = canonical(raw)
            if name.endswith("num_batches_tracked"):
                continue
            scale, offset = rule(name, value.shape)
            value.copy_(torch.from_numpy(uniform(name, tuple(value.shape), scale, offset)))
            kind = "parameter" if name in trainable else "buffer"
            entry = {"name": name, "shape": list(value.shape), "scale": scale, "offset": offset, "kind": kind}
            entry["trainable"] = trainable.get(name, False)
            entries.append(entry)
    return entries


def tools(*names):
    """Versions of the named distributions, without local build tags."""
    from importlib.metadata import version

    return {name: version(name).split("+")[0] for name in names}


def _compact(value, indent):
    """JSON with short lists on one line and one line per entry of long ones."""
    pad = "  " * (indent + 1)
    flat = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if len(flat) + len(pad) <= 120 or not isinstance(value, (dict, list)):
        return flat
    if isinstance(value, dict):
        body = [f"{pad}{json.dumps(key)}: {_compact(item, indent + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(body) + "\n" + "  " * indent + "}"
    if all(isinstance(item, (int, float)) for item in value):
        rows, row = [], ""
        for item in value:
            text = json.dumps(item, allow_nan=False)
            if row and len(pad) + len(row) + len(text) + 2 > 120:
                rows.append(row)
                row = text
            else:
                row = f"{row}, {text}" if row else text
        body = [pad + row for row in rows + [row]]
    else:
        body = [pad + _compact(item, indent + 1) for item in value]
    return "[\n" + ",\n".join(body) + "\n" + "  " * indent + "]"


def write_json(path, value):
    """Writes `value` below Tests/Golden; floats keep their shortest round-trip form."""
    path = GOLDEN / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_compact(value, 0) + "\n", encoding="utf-8")


def write_tensors(path, tensors):
    """Writes a dictionary of numpy arrays as safetensors below Tests/Golden."""
    from safetensors.numpy import save_file

    path = GOLDEN / path
    path.parent.mkdir(parents=True, exist_ok=True)
    contiguous = {name: np.ascontiguousarray(array).reshape(np.shape(array)) for name, array in tensors.items()}
    save_file(contiguous, str(path), metadata={"format": "pt"})
    path.chmod(0o644)


def clear(topic, *patterns):
    """Removes what an earlier run wrote for a topic, so that renamed files do not stay behind."""
    folder = GOLDEN / topic
    folder.mkdir(parents=True, exist_ok=True)
    for pattern in patterns:
        for path in folder.glob(pattern):
            path.unlink()


def import_torch():
    """torch with one thread and deterministic kernels."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True)
    return torch


_libraries = []


def import_timm():
    """timm, after declaring the compiled operators that a torchvision wheel built for another torch lacks."""
    torch = import_torch()
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        library = torch.library.Library("torchvision", "FRAGMENT")
        for schema in (
            "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
            "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
        ):
            library.define(schema)
        _libraries.append(library)
    import timm

    return timm


def import_transformers():
    """transformers, which needs what timm needs of torchvision; it never asks the network for anything."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import_timm()
    import transformers

    return transformers


def build_unet(classes):
    """segmentation_models_pytorch's U-Net on a ResNet-18, which gives logits [N, classes, H, W]."""
    import_timm()
    import segmentation_models_pytorch

    return segmentation_models_pytorch.Unet("resnet18", encoder_weights=None, classes=classes)


# Widths, depths and the head's width of SegFormer's sizes, as NVlabs' configurations have them.
SEGFORMER = {
    "segformer_b0": ([32, 64, 160, 256], [2, 2, 2, 2], 256),
    "segformer_b1": ([64, 128, 320, 512], [2, 2, 2, 2], 256),
    "segformer_b2": ([64, 128, 320, 512], [3, 4, 6, 3], 768),
    "segformer_b3": ([64, 128, 320, 512], [3, 4, 18, 3], 768),
    "segformer_b4": ([64, 128, 320, 512], [3, 8, 27, 3], 768),
    "segformer_b5": ([64, 128, 320, 512], [3, 6, 40, 3], 768),
}


def build_segformer(name, classes, **options):
    """transformers' SegFormer, whose logits [N, classes, H / 4, W / 4] are brought to the picture's size as its loss does."""
    import_transformers()
    from torch.nn.functional import interpolate
    from transformers import SegformerConfig, SegformerForSemanticSegmentation

    class SegFormer(SegformerForSemanticSegmentation):
        def forward(self, images):
            return interpolate(super().forward(images).logits, size=images.shape[-2:], mode="bilinear", align_corners=False)

    widths, depths, head = SEGFORMER[name]
    config = SegformerConfig(hidden_sizes=widths, depths=depths, decoder_hidden_size=head, num_labels=classes, **options)
    return SegFormer(config)
