"""Small ONNX models that other tools wrote, with ONNX Runtime's outputs for fixed inputs.

Our runtime must load them and recognise what they spell out: layer normalisation in pieces (opset 14), GELU by Erf,
attention by MatMul and Softmax in the three forms that exporters write.
"""

import io
import math

import numpy as np

import common

LIMIT = 300_000


def narrow_resnet():
    """A residual network of the ResNet family with widths 8, 16 and 32."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, inputs, outputs, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(outputs)
            self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(outputs)
            self.downsample = None
            if stride != 1 or inputs != outputs:
                self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

        def forward(self, x):
            shortcut = x if self.downsample is None else self.downsample(x)
            x = torch.relu(self.bn1(self.conv1(x)))
            return torch.relu(self.bn2(self.conv2(x)) + shortcut)

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, 8, 7, 2, 3, bias=False)
            self.bn1 = nn.BatchNorm2d(8)
            self.maxpool = nn.MaxPool2d(3, 2, 1)
            self.layer1 = nn.Sequential(Block(8, 8, 1))
            self.layer2 = nn.Sequential(Block(8, 16, 2), Block(16, 16, 1))
            self.layer3 = nn.Sequential(Block(16, 32, 2))
            self.fc = nn.Linear(32, 5)

        def forward(self, x):
            x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
            x = self.layer3(self.layer2(self.layer1(x)))
            return self.fc(nn.functional.adaptive_avg_pool2d(x, 1).flatten(1))

    return Network()


def tiny_vit(**options):
    """timm's vision transformer with width 32, depth 2, 2 heads, on 32 x 32 images."""
    common.import_timm()
    from timm.models.vision_transformer import VisionTransformer

    return VisionTransformer(img_size=32, patch_size=8, embed_dim=32, depth=2, num_heads=2, num_classes=5, **options)


def eager(model):
    """The same model with attention written as products and softmax instead of one fused call."""
    for block in model.blocks:
        block.attn.fused_attn = False
    return model


def hugging_vit():
    """transformers' ViT (separate query, key and value projections) with the same sizes."""
    common.import_timm()
    from transformers import ViTConfig, ViTForImageClassification

    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    config = ViTConfig(**sizes, image_size=32, patch_size=8, num_labels=5, attn_implementation="eager")
    model = ViTForImageClassification(config)

    import torch

    class Logits(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, pixels):
            return self.model(pixels).logits

    return Logits()


def small_convnext():
    """Depth-wise convolutions, channels-last layer normalisation, layer scale."""
    common.import_timm()
    from timm.models.convnext import ConvNeXt

    return ConvNeXt(depths=(1, 1, 1, 1), dims=(8, 16, 16, 24), num_classes=5)


def small_efficientnet():
    """Depth-wise convolutions, SiLU and squeeze-and-excitation gates."""
    import torch
    from torch import nn

    class Gate(nn.Module):
        def __init__(self, channels):
            super().__init__()
            self.reduce = nn.Conv2d(channels, 4, 1)
            self.expand = nn.Conv2d(4, channels, 1)

        def forward(self, x):
            gate = self.expand(nn.functional.silu(self.reduce(x.mean((2, 3), keepdim=True))))
            return x * torch.sigmoid(gate)

    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.SiLU(),
        nn.Conv2d(8, 8, 5, 1, 2, groups=8, bias=False), nn.BatchNorm2d(8), nn.SiLU(), Gate(8),
        nn.Conv2d(8, 16, 1, bias=False), nn.BatchNorm2d(16), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(16 * 64, 5), nn.Softmax(-1),
    )  # fmt: skip


def volume_network():
    """Three-dimensional convolution and pooling."""
    from torch import nn

    return nn.Sequential(
        nn.Conv3d(1, 4, 3, 1, 1), nn.BatchNorm3d(4), nn.ReLU(), nn.MaxPool3d(2), nn.Conv3d(4, 8, (1, 3, 3), (1, 2, 2), (0, 1, 1)),
        nn.LeakyReLU(0.1), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(8, 3), nn.LogSoftmax(-1),
    )  # fmt: skip


# Name: builder, input shape, opset, keep batch normalisation and constants as they are, variable batch.
IMAGE = (2, 3, 32, 32)
MODELS = {
    "resnet_folded": (narrow_resnet, (2, 3, 48, 40), 17, False, True),
    "resnet_batchnorm": (narrow_resnet, (2, 3, 48, 40), 17, True, True),
    "resnet_opset13": (narrow_resnet, (1, 3, 33, 35), 13, True, False),
    "vit_fused_attention": (lambda: tiny_vit(), IMAGE, 17, False, True),
    "vit_plain_attention": (lambda: eager(tiny_vit()), IMAGE, 17, False, True),
    "vit_pooled_static": (lambda: tiny_vit(global_pool="avg"), (1, 3, 32, 32), 17, False, False),
    "vit_opset14": (lambda: tiny_vit(), IMAGE, 14, False, True),
    "vit_plain_opset14": (lambda: eager(tiny_vit()), IMAGE, 14, False, False),
    "vit_opset20": (lambda: tiny_vit(), IMAGE, 20, False, True),
    "vit_transformers": (hugging_vit, IMAGE, 17, False, False),
    "convnext": (small_convnext, IMAGE, 17, False, True),
    "efficientnet": (small_efficientnet, IMAGE, 17, False, True),
    "volume": (volume_network, (2, 1, 4, 6, 6), 17, False, True),
}


def export(name, build, shape, opset, keep, dynamic):
    """The exported model as a ModelProto without machine-dependent text."""
    import onnx
    import torch

    model = build()
    common.fill(model)
    model.eval()
    example = torch.from_numpy(common.uniform(f"onnx.{name}.input", shape, 2.0))
    buffer = io.BytesIO()
    mode = torch.onnx.TrainingMode.PRESERVE if keep else torch.onnx.TrainingMode.EVAL
    torch.onnx.export(
        model, (example,), buffer, dynamo=False, opset_version=opset, input_names=["input"], output_names=["output"],
        dynamic_axes={"input": {0: "batch_size"}, "output": {0: "batch_size"}} if dynamic else None,
        training=mode, do_constant_folding=not keep,
    )  # fmt: skip
    proto = onnx.load_from_string(buffer.getvalue())
    for node in proto.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    del proto.metadata_props[:]
    onnx.checker.check_model(proto, full_check=True)
    return proto, model, example


def reference_outputs(proto, feeds):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip([output.name for output in session.get_outputs()], session.run(None, feeds)))


def write(name, settings):
    import onnx
    import torch

    build, shape, opset, keep, dynamic = settings
    proto, model, example = export(name, *settings)
    payload = proto.SerializeToString(deterministic=True)
    if len(payload) > LIMIT:
        raise ValueError(f"{name}: {len(payload)} bytes")
    (common.GOLDEN / "onnx" / f"{name}.onnx").write_bytes(payload)
    outputs = reference_outputs(proto, {"input": example.numpy()})
    with torch.no_grad():
        exact = model.double()(example.double()).numpy()
    error = float(np.abs(outputs["output"] - exact).max() / np.abs(exact).max())
    if not math.isfinite(error) or error > 1e-4:
        raise ValueError(f"{name}: ONNX Runtime and torch differ by {error}")
    common.write_tensors(
        f"onnx/{name}.safetensors",
        {"input.input": example.numpy(), "output.output": outputs["output"], "exact.output": exact.astype(np.float32)},
    )
    counts = {}
    for node in proto.graph.node:
        counts[node.op_type] = counts.get(node.op_type, 0) + 1
    print(f"onnx/{name}: {len(payload)} bytes, {sum(counts.values())} nodes, ONNX Runtime's error {error:.1e}")
    return {
        "model": f"{name}.onnx",
        "tensors": f"{name}.safetensors",
        "opset": opset,
        "dynamic_batch": dynamic,
        "inputs": [{"name": "input", "shape": list(shape)}],
        "outputs": [{"name": "output", "shape": list(outputs["output"].shape)}],
        "onnxruntime_error": error,
        "nodes": dict(sorted(counts.items())),
    }


def write_external():
    """resnet_folded again, with its weights in a file beside the model."""
    import onnx

    folder = common.GOLDEN / "onnx"
    proto = onnx.load(str(folder / "resnet_folded.onnx"))
    target = folder / "resnet_external.onnx"
    onnx.save_model(
        proto, str(target), save_as_external_data=True, all_tensors_to_one_file=True, location="resnet_external.onnx.data",
        size_threshold=256,
    )  # fmt: skip
    return {"model": "resnet_external.onnx", "tensors": "resnet_folded.safetensors", "same_as": "resnet_folded.onnx"}


def main():
    common.import_torch()
    common.clear("onnx", "*.onnx", "*.data", "*.safetensors", "models.json")
    entries = [write(name, settings) for name, settings in MODELS.items()]
    entries.append(write_external())
    versions = common.tools("torch", "timm", "transformers", "onnx", "onnxruntime", "numpy")
    common.write_json("onnx/models.json", {"tools": versions, "models": entries})


if __name__ == "__main__":
    main()
