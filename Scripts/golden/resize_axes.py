"""Resize along any axes, batch and channels among them: what ONNX's reference evaluator computes of `resize_axes.<name>`, 2 u(i).

Where ONNX Runtime takes a case too, its numbers are compared with the reference's as the file is written.
"""

import common
import numpy as np

# Name: shape, scales, sizes, roi, attributes, opset.
CASES = {
    "batch and channels, nearest": ((2, 3, 3, 2), [2, 1.5, 1, 2], None, None, {"mode": "nearest"}, 19),
    "batch and channels, linear": ((2, 3, 3, 2), [1.5, 2, 2, 1], None, None, {"mode": "linear"}, 19),
    "batch alone, linear, corners": (
        (3, 2, 2, 2), None, [5, 2, 2, 2], None, {"mode": "linear", "coordinate_transformation_mode": "align_corners"}, 13),
    "channels alone, cubic": ((1, 5, 2, 3), None, [1, 8, 2, 3], None, {"mode": "cubic"}, 19),
    "all four, cubic": ((4, 4, 4, 4), None, [6, 5, 6, 3], None, {"mode": "cubic"}, 19),
    "all four, linear, smaller": (
        (4, 6, 5, 4), None, [2, 3, 3, 3], None, {"mode": "linear", "antialias": 1}, 19),
    "named axes": ((3, 2, 4), None, [4, 5], None, {"mode": "linear", "axes": [2, 0]}, 19),
    "the first axis": ((3, 2, 4), [2.0], None, None, {"mode": "nearest", "axes": [0], "nearest_mode": "ceil"}, 19),
    "one axis in all": ((5,), [1.6], None, None, {"mode": "linear"}, 19),
    "two axes in all": ((3, 4), None, [6, 2], None, {"mode": "linear", "coordinate_transformation_mode": "asymmetric"}, 19),
    "six axes": ((2, 1, 2, 1, 3, 2), [2, 1, 1.5, 2, 1, 2], None, None, {"mode": "linear"}, 19),
    "within, of two axes": (
        (2, 3, 4, 5), None, [7, 6], None, {"mode": "linear", "axes": [1, 3], "keep_aspect_ratio_policy": "not_larger"}, 19),
    "part of the channels": (
        (1, 5, 4, 2), None, [1, 3, 4, 2], [0, 0.25, 0, 0, 1, 0.75, 1, 1],
        {"mode": "linear", "coordinate_transformation_mode": "tf_crop_and_resize"}, 19),
}  # fmt: skip


def model(shape, scales, sizes, roi, attributes, opset):
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    given = {"roi": (roi, np.float32), "scales": (scales, np.float32), "sizes": (sizes, np.int64)}
    tensors = [numpy_helper.from_array(np.array(value, kind), name) for name, (value, kind) in given.items() if value is not None]
    inputs = ["x"] + [name if value is not None else "" for name, (value, _) in given.items()]
    while not inputs[-1]:
        inputs.pop()
    graph = helper.make_graph(
        [helper.make_node("Resize", inputs, ["y"], **attributes)], "resize",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * len(shape))], tensors)  # fmt: skip
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(proto)
    return proto


def compare(name, proto, x, y):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
        other = session.run(None, {"x": x})[0]
    except Exception as error:
        print(f"resize_axes: {name}: not taken by ONNX Runtime ({str(error).splitlines()[0][:60]})")
        return
    apart = float(np.abs(other - y).max()) if other.shape == y.shape else f"{other.shape}, not {y.shape}"
    print(f"resize_axes: {name}: ONNX Runtime differs by {apart}")


def case(name, shape, scales, sizes, roi, attributes, opset):
    from onnx.reference import ReferenceEvaluator

    x = common.uniform(f"resize_axes.{name}", shape, 2.0).astype(np.float32)
    proto = model(shape, scales, sizes, roi, attributes, opset)
    y = ReferenceEvaluator(proto).run(None, {"x": x})[0].astype(np.float32)
    compare(name, proto, x, y)
    entry = {"name": name, "opset": opset, "shape": list(shape), "y_shape": list(y.shape)}
    entry["y"] = y.ravel().tolist()
    for key, value in (("scales", scales), ("sizes", sizes), ("roi", roi)):
        if value is not None:
            entry[key] = value
    entry["texts"] = {key: value for key, value in attributes.items() if isinstance(value, str)}
    entry["integers"] = {key: value for key, value in attributes.items() if isinstance(value, int)}
    if "axes" in attributes:
        entry["axes"] = attributes["axes"]
    return entry


def main():
    common.clear("resize", "*.json")
    cases = [case(name, *settings) for name, settings in CASES.items()]
    common.write_json("resize/axes.json", {"tools": common.tools("onnx", "onnxruntime", "numpy"), "cases": cases})


if __name__ == "__main__":
    main()
