#!/usr/bin/env python3
"""Writes the models of `make bench-peers` as ONNX files with random weights; those that are there already stay.

usage: export_models.py FOLDER NAME...

NAME is a key of MODELS, or one of QUANTIZED with `.int8` behind it. Beside NAME.onnx lies NAME.json: picture size, GFLOP of
one picture (twice the multiply-adds of products, convolutions and attention, counted by torch), parameters in millions.
"""

import json
import os
import pathlib
import sys
import warnings

import torch

OPSET = 17
SEED = 0

# timm imports torchvision, whose operators do not load with a torch without CUDA; the import fails when these have no name.
LIBRARY = torch.library.Library("torchvision", "DEF")
for operator in ("nms", "qnms"):
    LIBRARY.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


class Picked(torch.nn.Module):
    """A model of transformers that takes pictures and returns one tensor."""

    def __init__(self, model, pick):
        super().__init__()
        self.model, self.pick = model, pick

    def forward(self, pictures):
        return self.pick(self.model(pictures))


def from_timm(name):
    import timm

    return timm.create_model(name)


def segformer():
    from transformers import SegformerConfig, SegformerForSemanticSegmentation

    return Picked(SegformerForSemanticSegmentation(SegformerConfig(num_labels=150)), lambda result: result.logits)


def sam_encoder():
    from transformers import SamVisionConfig
    from transformers.models.sam.modeling_sam import SamVisionEncoder

    # The default range is 1e-10, whose outputs hold nothing of the picture.
    configuration = SamVisionConfig(initializer_range=0.02)
    configuration._attn_implementation = "eager"
    return Picked(SamVisionEncoder(configuration), lambda result: result[0])


# name: (maker, picture size)
MODELS = {
    "resnet50": (lambda: from_timm("resnet50"), 224),
    "vit_s": (lambda: from_timm("vit_small_patch16_224"), 224),
    "vit_l": (lambda: from_timm("vit_large_patch16_224"), 224),
    "effnet_b3": (lambda: from_timm("efficientnet_b3"), 300),
    "convnext_l": (lambda: from_timm("convnext_large"), 448),
    "segformer_b0": (segformer, 512),
    "sam_b": (sam_encoder, 1024),
}
# name: (operators that become int8 or None for all that can, pictures for calibration)
QUANTIZED = {"resnet50": (None, 4), "vit_l": (["MatMul", "Gemm", "Conv"], 2)}


def randomize(model, size):
    """Replaces what an initializer made constant, such as the zeros that silence a residual branch, so that every layer shows."""
    with torch.no_grad():
        for name, value in model.named_parameters():
            if value.numel() < 2 or value.min() != value.max():
                continue
            if name.endswith(("weight", "gamma")):
                # Those that start near zero end residual branches: larger ones make a deep network magnify rounding.
                value.uniform_(0.1, 0.3) if value.max() < 0.1 else value.uniform_(0.5, 1)
            else:
                value.normal_(0, 0.1)
        norms = [layer for layer in model.modules() if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm)]
        for layer in norms:
            layer.reset_running_stats()
            layer.momentum = None
            layer.train()
        if norms:
            model(torch.randn(4, 3, size, size))
        model.eval()


def export(name, path):
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    make, size = MODELS[name]
    torch.manual_seed(SEED)
    model = make().eval()
    randomize(model, size)
    picture = torch.randn(1, 3, size, size)
    with torch.no_grad(), FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        output = model(picture)
    with torch.no_grad():
        change = (model(torch.randn_like(picture)) - output).abs().max() / output.abs().max()
    if change < 1e-3:
        sys.exit(f"export_models: {name} answers every picture alike (change {change:.1e}): agreement would say nothing")
    torch.onnx.export(
        model, (picture,), str(path), opset_version=OPSET, dynamo=False, do_constant_folding=True, input_names=["input"],
        output_names=["output"], dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}})
    return {
        "size": size,
        "gflop": counter.get_total_flops() / 1e9,
        "million_parameters": sum(value.numel() for value in model.parameters()) / 1e6,
    }


def quantize(name, folder, path):
    import numpy
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    operators, count = QUANTIZED[name]
    facts = json.loads((folder / f"{name}.json").read_text())
    size = facts["size"]

    class Pictures(CalibrationDataReader):
        def __init__(self):
            random = numpy.random.default_rng(SEED)
            self.rest = iter([random.standard_normal((1, 3, size, size), numpy.float32) for _ in range(count)])

        def get_next(self):
            picture = next(self.rest, None)
            return None if picture is None else {"input": picture}

    prepared = path.with_suffix(".prepared")
    quant_pre_process(str(folder / f"{name}.onnx"), str(prepared), skip_symbolic_shape=True)
    quantize_static(
        str(prepared), str(path), Pictures(), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, op_types_to_quantize=operators)
    prepared.unlink()
    return facts


def main():
    warnings.filterwarnings("ignore")
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for wanted in sys.argv[2:]:
        name, _, kind = wanted.partition(".")
        if name not in (QUANTIZED if kind == "int8" else MODELS) or kind not in ("", "int8"):
            known = ", ".join([*MODELS, *(f"{name}.int8" for name in QUANTIZED)])
            sys.exit(f"export_models: there is no {wanted}; there are {known}")
        for step in [name, wanted] if kind else [name]:
            final = folder / f"{step}.onnx"
            if final.exists():
                continue
            print(f"export_models: {step}", file=sys.stderr, flush=True)
            partial = folder / f"{step}.partial"
            facts = quantize(name, folder, partial) if step != name else export(name, partial)
            (folder / f"{step}.json").write_text(json.dumps(facts))
            os.replace(partial, final)


if __name__ == "__main__":
    main()
