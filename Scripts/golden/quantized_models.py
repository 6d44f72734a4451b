"""Small models whose products are quantised to 8 bits by onnxruntime.quantization, with ONNX Runtime's outputs.

They are made from those of the topic onnx_models: a residual network in both forms that the tool writes (nodes that quantise
around float operators, and operators on quantised values), its first two stages alone, whose result is a map, and a vision
transformer in both forms, with one block in the second. Two more, a perceptron of two layers and a small convolutional network,
have 8-bit weights and quantise what they multiply as they run (`quantize_dynamic`). Outputs are computed with ONNX Runtime's
rewriting of graphs switched off (`plain`, every node as the file says) and on (`optimized`, products of 8-bit integers): how
far these two are apart is what a runtime can be asked for.
"""

import pathlib
import tempfile

import common
import numpy as np
import onnx_models

LIMIT = 100_000


def maps():
    """The residual network without its last stage and its head."""
    model = onnx_models.narrow_resnet()

    def forward(x):
        return model.layer2(model.layer1(model.maxpool(model.bn1(model.conv1(x)).relu())))

    model.forward = forward
    return model


def shallow():
    """The vision transformer with its first block alone."""
    model = onnx_models.eager(onnx_models.tiny_vit())
    model.blocks = model.blocks[:1]
    return model


def perceptron():
    """Two layers."""
    import torch

    return torch.nn.Sequential(torch.nn.Linear(24, 40), torch.nn.ReLU(), torch.nn.Linear(40, 10)).eval()


def convolutional():
    """Three convolutions, one of them in groups, a pooling and a classifier."""
    import torch

    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 24, 3, padding=1, bias=False), nn.ReLU(), nn.Conv2d(24, 24, 3, padding=1, groups=6), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(24, 5)).eval()  # fmt: skip


# Name: builder, quantised operators (None for all that the tool knows), form, input shape.
MODELS = {
    "resnet_qdq": (onnx_models.narrow_resnet, None, "QDQ", (2, 3, 48, 40)),
    "resnet_qoperator": (onnx_models.narrow_resnet, ["Conv"], "QOperator", (2, 3, 48, 40)),
    "vit_qoperator": (shallow, ["MatMul"], "QOperator", (2, 3, 32, 32)),
    "maps_qdq": (maps, None, "QDQ", (2, 3, 48, 40)),
    "vit_qdq": (lambda: onnx_models.eager(onnx_models.tiny_vit()), ["Conv", "MatMul", "Gemm"], "QDQ", (2, 3, 32, 32)),
    "perceptron_dynamic": (perceptron, ["MatMul"], "dynamic", (6, 24)),
    # Unsigned weights with one scale for each tensor, for the other kind.
    "convolutional_dynamic": (convolutional, ["Conv", "MatMul"], "dynamic unsigned", (2, 3, 24, 20)),
}


def quantize(name, build, operators, form, shape):
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Pictures(CalibrationDataReader):
        def __init__(self):
            self.rest = iter([common.uniform(f"quantized.{name}.calibration.{i}", shape, 2.0) for i in range(4)])

        def get_next(self):
            picture = next(self.rest, None)
            return None if picture is None else {"input": picture}

    with tempfile.TemporaryDirectory() as folder:
        exported, prepared, result = (pathlib.Path(folder) / f"{step}.onnx" for step in ("exported", "prepared", "result"))
        onnx.save(onnx_models.export(f"quantized.{name}", build, shape, 17, False, False)[0], str(exported))
        quant_pre_process(str(exported), str(prepared), skip_symbolic_shape=True)
        if form.startswith("dynamic"):
            weights = QuantType.QUInt8 if form.endswith("unsigned") else QuantType.QInt8
            quantize_dynamic(
                str(prepared), str(result), per_channel=not form.endswith("unsigned"), weight_type=weights,
                op_types_to_quantize=operators)  # fmt: skip
        else:
            quantize_static(
                str(prepared), str(result), Pictures(), quant_format=QuantFormat[form], per_channel=True,
                activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, op_types_to_quantize=operators)  # fmt: skip
        proto = onnx.load(str(result))
    del proto.metadata_props[:]
    onnx.checker.check_model(proto, full_check=True)
    return proto


def outputs(payload, picture, optimized):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    level = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_ENABLE_ALL if optimized else level.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(payload, options, providers=["CPUExecutionProvider"])
    return session.run(None, {"input": picture})[0]


def write(name, settings):
    proto = quantize(name, *settings)
    payload = proto.SerializeToString(deterministic=True)
    if len(payload) > LIMIT:
        raise ValueError(f"{name}: {len(payload)} bytes")
    (common.GOLDEN / "quantized" / f"{name}.onnx").write_bytes(payload)
    picture = common.uniform(f"quantized.{name}.input", settings[-1], 2.0)
    plain, optimized = (outputs(payload, picture, flag) for flag in (False, True))
    largest = float(np.abs(plain).max())
    apart = float(np.abs(plain - optimized).max()) / largest
    common.write_tensors(
        f"quantized/{name}.safetensors",
        {"input.input": picture, "plain.output": plain, "optimized.output": optimized},
    )
    counts = {}
    for node in proto.graph.node:
        counts[node.op_type] = counts.get(node.op_type, 0) + 1
    print(f"quantized/{name}: {len(payload)} bytes, {sum(counts.values())} nodes, apart by {apart:.1e} of {largest:.3g}")
    return {
        "model": f"{name}.onnx",
        "tensors": f"{name}.safetensors",
        "optimized_apart": apart,
        "nodes": dict(sorted(counts.items())),
    }


def main():
    common.import_torch()
    (common.GOLDEN / "quantized").mkdir(exist_ok=True)
    common.clear("quantized", "*.onnx", "*.safetensors", "models.json")
    entries = [write(name, settings) for name, settings in MODELS.items()]
    common.write_json("quantized/models.json", {"tools": common.tools("torch", "timm", "onnx", "onnxruntime", "numpy"), "models": entries})


if __name__ == "__main__":
    main()
