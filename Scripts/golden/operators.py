"""Every operator on tiny tensors: inputs, outputs and torch's gradients for a fixed upstream gradient.

The values are computed in float64 from float32 inputs and stored as float32. Cases of ONNX's own operators are also run
in ONNX Runtime, so that the attribute spelling and the meaning are ONNX's and not only PyTorch's.
"""

import math

import numpy as np

import common

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)


class Book:
    """Collects cases and writes one safetensors file per operator."""

    def __init__(self):
        self.cases, self.tensors = [], {}

    def add(self, operator, case, inputs, forward, attributes=None, domain="", opset=17, note=None, silent=(), variants=None,
            loose=0.0):
        """Adds a case.

        inputs: (ONNX input name, array or None) pairs; float arrays are differentiated unless the name starts with "!".
        forward: called with torch tensors (float64 or int64), returns a tensor or a tuple.
        silent: indices of outputs that get no upstream gradient.
        variants: what ONNX says where it differs from torch, {output index: array}, stored as "<case>/out<index>.onnx".
        loose: absolute tolerance against ONNX Runtime where its own float32 is poor.
        """
        import torch

        store = self.tensors.setdefault(operator, {})
        values, described, leaves = [], [], []
        for index, (name, array) in enumerate(inputs):
            fixed, name = name.startswith("!"), name.lstrip("!")
            if array is None:
                values.append(None)
                described.append({"name": "", "tensor": None})
                continue
            array = np.asarray(array)
            array = array.astype(np.float32 if array.dtype.kind == "f" else np.int64)
            key = f"{case}/in{index}"
            store[key] = array
            entry = {"name": name, "tensor": key, "dtype": array.dtype.name, "shape": list(array.shape), "gradient": None}
            value = torch.from_numpy(array.copy())
            if array.dtype.kind == "f":
                value = value.double()
                if not fixed:
                    value.requires_grad_(True)
                    entry["gradient"] = f"{case}/din{index}"
                    leaves.append((entry["gradient"], value))
            else:
                entry["values"] = array.reshape(-1).tolist()
            values.append(value)
            described.append(entry)

        outputs = forward(*values)
        outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
        results, total = [], 0
        for index, output in enumerate(outputs):
            key = f"{case}/out{index}"
            array = output.detach().numpy()
            store[key] = array.astype(np.float32 if array.dtype.kind == "f" else np.int64)
            entry = {"name": f"out{index}", "tensor": key, "dtype": store[key].dtype.name, "shape": list(array.shape)}
            entry["upstream"] = None
            if leaves and output.requires_grad and index not in silent:
                upstream = common.uniform(f"{operator}/{case}/dout{index}", array.shape)
                entry["upstream"] = f"{case}/dout{index}"
                store[entry["upstream"]] = upstream
                total = total + (torch.from_numpy(upstream).double() * output).sum()
            results.append(entry)
        if leaves and not isinstance(total, int):
            gradients = torch.autograd.grad(total, [value for _, value in leaves], allow_unused=True)
            for (key, value), gradient in zip(leaves, gradients):
                store[key] = (torch.zeros_like(value) if gradient is None else gradient).numpy().astype(np.float32)
        for index, array in (variants or {}).items():
            store[f"{case}/out{index}.onnx"] = np.asarray(array, np.float32)

        entry = {"case": case, "operator": operator, "domain": domain, "opset": opset, "attributes": attributes or {}}
        entry |= {"file": f"{operator}.safetensors", "inputs": described, "outputs": results}
        if note:
            entry["note"] = note
        self.cases.append(entry)
        if domain == "":
            agree(entry, store, loose)

    def write(self):
        common.clear("operators", "*.json", "*.safetensors")
        for operator, tensors in self.tensors.items():
            common.write_tensors(f"operators/{operator}.safetensors", tensors)
        versions = common.tools("torch", "onnx", "onnxruntime", "numpy")
        common.write_json("operators/operators.json", {"tools": versions, "cases": self.cases})
        print(f"operators: {len(self.cases)} cases of {len(self.tensors)} operators")


def agree(entry, store, loose=0.0):
    """Runs the case as a one-node ONNX model and stops the script when the stored outputs are not what ONNX says."""
    import onnx
    import onnxruntime
    from onnx import helper

    names = [item["name"] if item["tensor"] is None else f"in{index}" for index, item in enumerate(entry["inputs"])]
    while names and names[-1] == "":
        names.pop()
    feeds = {f"in{i}": store[item["tensor"]] for i, item in enumerate(entry["inputs"]) if item["tensor"]}
    kinds = {"float32": onnx.TensorProto.FLOAT, "int64": onnx.TensorProto.INT64}
    node = helper.make_node(entry["operator"], names, [item["name"] for item in entry["outputs"]], **entry["attributes"])
    graph = helper.make_graph(
        [node],
        "case",
        [helper.make_tensor_value_info(name, kinds[value.dtype.name], value.shape) for name, value in feeds.items()],
        [helper.make_tensor_value_info(item["name"], kinds[item["dtype"]], item["shape"]) for item in entry["outputs"]],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", entry["opset"])], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    actual = session.run(None, feeds)
    for item, value in zip(entry["outputs"], actual):
        expected = store.get(item["tensor"] + ".onnx", store[item["tensor"]])
        message = f"{entry['operator']} {entry['case']}"
        np.testing.assert_allclose(value, expected, rtol=2e-5, atol=max(2e-6, loose), err_msg=message)


def data(name, *shape, scale=1.0, offset=0.0):
    return common.uniform("operators." + name, shape, scale, offset)


def padded(x, pads, value=0.0):
    """torch's pad with ONNX's begin..., end... order."""
    import torch.nn.functional as F

    rank = len(pads) // 2
    return F.pad(x, [pads[axis + side * rank] for axis in reversed(range(rank)) for side in (0, 1)], value=value)


def convolution(book):
    import torch.nn.functional as F

    def case(name, x, w, bias, **attributes):
        rank = len(x) - 2
        strides = attributes.get("strides", [1] * rank)
        dilations = attributes.get("dilations", [1] * rank)
        pads = attributes.get("pads", [0] * (2 * rank))
        if attributes.get("auto_pad", "NOTSET") != "NOTSET":
            pads = same(x[2:], w[2:], strides, dilations, attributes["auto_pad"])
        function = (F.conv1d, F.conv2d, F.conv3d)[rank - 1]

        def forward(x, w, b=None):
            return function(padded(x, pads), w, b, stride=strides, dilation=dilations, groups=attributes.get("group", 1))

        inputs = [("X", data("Conv.x." + name, *x)), ("W", data("Conv.w." + name, *w))]
        if bias:
            inputs.append(("B", data("Conv.b." + name, w[0])))
        book.add("Conv", name, inputs, forward, {"kernel_shape": list(w[2:])} | attributes)

    case("one_dimension", (2, 3, 9), (4, 3, 3), True, strides=[2], pads=[1, 1])
    case("one_dimension_asymmetric", (1, 2, 8), (3, 2, 3), False, pads=[2, 0], dilations=[2])
    case("pointwise", (2, 5, 3, 4), (6, 5, 1, 1), True)
    case("pointwise_strided", (1, 3, 5, 5), (4, 3, 1, 1), False, strides=[2, 2])
    case("padded", (2, 3, 5, 6), (4, 3, 3, 3), True, pads=[1, 1, 1, 1])
    case("asymmetric", (1, 2, 6, 5), (3, 2, 3, 2), True, pads=[0, 1, 2, 1], strides=[2, 1])
    case("grouped", (2, 4, 5, 5), (6, 2, 3, 3), True, group=2, pads=[1, 1, 1, 1])
    case("depthwise_dilated", (1, 3, 7, 8), (3, 1, 3, 3), True, group=3, dilations=[2, 2], pads=[2, 2, 2, 2], strides=[1, 2])
    case("depthwise_multiplier", (1, 2, 4, 4), (6, 1, 3, 3), False, group=2, pads=[1, 1, 1, 1])
    case("patches", (2, 3, 8, 8), (5, 3, 4, 4), True, strides=[4, 4])
    case("same_upper", (1, 2, 5, 6), (3, 2, 3, 3), False, strides=[2, 2], auto_pad="SAME_UPPER")
    case("same_lower", (1, 2, 5, 6), (3, 2, 2, 2), False, auto_pad="SAME_LOWER")
    case("three_dimensions", (1, 2, 4, 5, 3), (3, 2, 3, 3, 2), True, strides=[1, 2, 1], pads=[1, 1, 0, 1, 0, 1])
    case("three_dimensions_grouped", (1, 4, 4, 4, 4), (4, 2, 2, 2, 2), False, group=2, dilations=[2, 1, 1])
    case("three_dimensions_everything", (1, 4, 4, 4, 5), (6, 2, 2, 3, 2), True, group=2, strides=[1, 2, 1], dilations=[2, 1, 3],
         pads=[1, 0, 2, 0, 1, 1])


def transposed_convolution(book):
    import torch.nn.functional as F

    def case(name, x, w, bias, **attributes):
        rank = len(x) - 2
        group = attributes.get("group", 1)
        strides = attributes.get("strides", [1] * rank)
        dilations = attributes.get("dilations", [1] * rank)
        extra = attributes.get("output_padding", [0] * rank)
        pads = list(attributes.get("pads", [0] * (2 * rank)))
        whole = [strides[a] * (x[2 + a] - 1) + extra[a] + dilations[a] * (w[2 + a] - 1) + 1 for a in range(rank)]
        wanted = attributes.get("output_shape")
        upper = attributes.get("auto_pad") == "SAME_UPPER"
        if attributes.get("auto_pad", "NOTSET").startswith("SAME"):
            wanted = wanted or [n * s for n, s in zip(x[2:], strides)]
        if wanted:
            totals = [n - m for n, m in zip(whole, wanted)]
            # What cannot be taken off is added behind.
            begins = [max(t, 0) // 2 if upper else max(t, 0) - max(t, 0) // 2 for t in totals]
            pads = begins + [t - b for t, b in zip(totals, begins)]
        function = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[rank - 1]

        def forward(x, w, b=None):
            y = function(x, w, stride=strides, dilation=dilations, groups=group)
            y = padded(y, [-p for p in pads[:rank]] + [e - p for e, p in zip(extra, pads[rank:])])
            return y if b is None else y + b.reshape([-1] + [1] * rank)

        inputs = [("X", data("ConvTranspose.x." + name, *x)), ("W", data("ConvTranspose.w." + name, *w))]
        if bias:
            inputs.append(("B", data("ConvTranspose.b." + name, w[1] * group)))
        book.add("ConvTranspose", name, inputs, forward, {"kernel_shape": list(w[2:])} | attributes)

    case("plain", (2, 3, 4, 3), (3, 2, 3, 3), True)
    case("doubling", (2, 4, 3, 4), (4, 3, 2, 2), True, strides=[2, 2])
    case("decoder", (1, 3, 4, 4), (3, 2, 3, 3), False, strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])
    case("asymmetric", (1, 2, 4, 3), (2, 3, 3, 4), True, strides=[2, 3], pads=[0, 1, 2, 1], output_padding=[1, 0])
    case("dilated", (1, 2, 3, 4), (2, 2, 3, 2), False, dilations=[2, 3], pads=[1, 0, 1, 1])
    case("grouped", (1, 4, 3, 3), (4, 3, 3, 3), True, group=2, pads=[1, 1, 1, 1])
    case("depthwise", (2, 3, 3, 4), (3, 1, 3, 3), True, group=3, strides=[2, 2], pads=[1, 1, 1, 1])
    case("one_dimension", (2, 3, 5), (3, 4, 3), True, strides=[2], pads=[1, 0])
    case("three_dimensions", (1, 2, 3, 2, 3), (2, 3, 2, 3, 2), True, strides=[2, 1, 2], pads=[0, 1, 0, 1, 1, 0])
    case("output_shape", (1, 2, 3, 3), (2, 2, 3, 3), False, strides=[3, 2], output_shape=[10, 8])
    case("smaller_output", (1, 2, 3, 3), (2, 2, 3, 3), False, strides=[2, 2], output_shape=[5, 6])
    case("same_upper", (1, 2, 3, 4), (2, 2, 4, 3), False, strides=[2, 2], auto_pad="SAME_UPPER")
    case("same_lower", (1, 2, 3, 4), (2, 2, 4, 3), True, strides=[2, 2], auto_pad="SAME_LOWER")
    case("valid", (1, 2, 3, 4), (2, 2, 2, 2), False, auto_pad="VALID")


def same(spatial, kernel, strides, dilations, mode):
    """The explicit pads of ONNX's auto_pad."""
    begins, ends = [], []
    for size, k, stride, dilation in zip(spatial, kernel, strides, dilations):
        total = max((math.ceil(size / stride) - 1) * stride + dilation * (k - 1) + 1 - size, 0)
        small, large = total // 2, total - total // 2
        begins.append(small if mode == "SAME_UPPER" else large)
        ends.append(large if mode == "SAME_UPPER" else small)
    return begins + ends


def products(book):
    import torch

    def matmul(name, a, b):
        book.add("MatMul", name, [("A", data("MatMul.a." + name, *a)), ("B", data("MatMul.b." + name, *b))], torch.matmul)

    matmul("plain", (3, 4), (4, 5))
    matmul("batched", (2, 3, 4), (2, 4, 2))
    matmul("shared_right", (2, 3, 2, 4), (4, 3))
    matmul("shared_left", (3, 4), (2, 4, 2))
    matmul("broadcast_both", (2, 1, 3, 4), (5, 4, 2))
    matmul("vector_left", (4,), (2, 4, 3))
    matmul("vector_right", (2, 3, 4), (4,))
    matmul("vectors", (4,), (4,))

    def gemm(name, a, b, c, **attributes):
        alpha, beta = attributes.get("alpha", 1.0), attributes.get("beta", 1.0)

        def forward(a, b, c=None):
            a = a.T if attributes.get("transA") else a
            b = b.T if attributes.get("transB") else b
            return alpha * (a @ b) + (0 if c is None else beta * c)

        inputs = [("A", data("Gemm.a." + name, *a)), ("B", data("Gemm.b." + name, *b))]
        if c is not None:
            inputs.append(("C", data("Gemm.c." + name, *c)))
        book.add("Gemm", name, inputs, forward, attributes)

    gemm("plain", (3, 4), (4, 2), None)
    gemm("linear", (3, 4), (5, 4), (5,), transB=1)
    gemm("both_transposed", (4, 3), (2, 4), (3, 1), transA=1, transB=1, alpha=0.5, beta=2.0)
    gemm("scalar_addend", (2, 3), (3, 4), (), alpha=1.5, beta=-0.5)
    gemm("full_addend", (2, 3), (3, 4), (2, 4))


def normalisations(book):
    import torch
    import torch.nn.functional as F

    def batch(name, shape, training, epsilon=1e-5, momentum=0.9):
        channels = shape[1]
        key = "BatchNormalization." + name
        inputs = [
            ("X", data(key + ".x", *shape, scale=2.0, offset=1.0)),
            ("scale", data(key + ".scale", channels, scale=0.5, offset=1.0)),
            ("B", data(key + ".b", channels)),
            ("!input_mean", data(key + ".mean", channels)),
            ("!input_var", data(key + ".var", channels, scale=0.5, offset=1.0)),
        ]
        count = math.prod(shape) // channels
        axes = [axis for axis in range(len(shape)) if axis != 1]
        x, mean, variance = (inputs[i][1].astype(np.float64) for i in (0, 3, 4))
        population = variance * momentum + x.var(axis=tuple(axes)) * (1 - momentum)

        def forward(x, scale, b, mean, variance):
            running_mean, running_variance = mean.detach().clone(), variance.detach().clone()
            y = F.batch_norm(x, running_mean, running_variance, scale, b, training, 1 - momentum, epsilon)
            return (y, running_mean, running_variance) if training else y

        attributes = {"epsilon": epsilon, "momentum": momentum}
        if training:
            attributes["training_mode"] = 1
        note = None
        if training:
            note = (
                f"out2 uses the unbiased variance N/(N-1), N = {count}, as PyTorch does; "
                "the tensor out2.onnx uses the population variance, as ONNX says"
            )
        variants = {2: population} if training else None
        book.add("BatchNormalization", name, inputs, forward, attributes, note=note, variants=variants)

    batch("inference", (2, 3, 4, 3), False)
    batch("inference_flat", (3, 4), False, epsilon=1e-3)
    batch("training", (3, 4, 3, 2), True)
    batch("training_momentum", (4, 2, 5), True, epsilon=1e-3, momentum=0.75)
    batch("training_volume", (2, 2, 2, 3, 2), True)

    def layer(name, shape, axis, epsilon, bias, scale=1.0, offset=0.0, loose=0.0):
        normalized = shape[axis:]
        key = "LayerNormalization." + name
        inputs = [
            ("X", data(key + ".x", *shape, scale=scale, offset=offset)),
            ("Scale", data(key + ".scale", *normalized, scale=0.5, offset=1.0)),
        ]
        if bias:
            inputs.append(("B", data(key + ".b", *normalized)))

        def forward(x, scale, b=None):
            return F.layer_norm(x, normalized, scale, b, epsilon)

        book.add("LayerNormalization", name, inputs, forward, {"axis": axis, "epsilon": epsilon}, loose=loose)

    layer("tokens", (2, 3, 8), -1, 1e-6, True)
    layer("odd_width", (3, 7), -1, 1e-5, True)
    layer("without_bias", (2, 5), 1, 1e-5, False)
    layer("two_axes", (2, 3, 4), 1, 1e-5, True)
    # A variance computed as E[x^2] - E[x]^2 in float32 loses its digits here.
    layer("large_mean", (2, 16), -1, 1e-6, True, scale=1.0, offset=256.0, loose=1e-4)


def pooling(book):
    import torch
    import torch.nn.functional as F

    def windows(x, kernel, strides, pads, dilations, ceil, fill):
        """[N, C, output positions..., window] with `fill` in the padding, and whether an element is real or padding."""
        rank = len(kernel)
        reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilations)]
        sizes = []
        for axis in range(rank):
            total = x.shape[2 + axis] + pads[axis] + pads[axis + rank]
            count = (total - reach[axis]) / strides[axis]
            count = (math.ceil(count) if ceil else math.floor(count)) + 1
            # A window that would start in the end padding is dropped.
            if ceil and (count - 1) * strides[axis] >= x.shape[2 + axis] + pads[axis]:
                count -= 1
            sizes.append(count)
        extra = [max((sizes[a] - 1) * strides[a] + reach[a] - x.shape[2 + a] - pads[a], 0) for a in range(rank)]
        ends = [max(extra[a], pads[a + rank]) for a in range(rank)]

        def unfold(t, value):
            t = padded(t, list(pads[:rank]) + ends, value)
            for axis in range(rank):
                starts = torch.arange(sizes[axis]) * strides[axis]
                index = starts[:, None] + torch.arange(kernel[axis])[None, :] * dilations[axis]
                t = t.index_select(2 + axis, index.reshape(-1))
                t = t.unflatten(2 + axis, index.shape).movedim(3 + axis, -1)
            return t.flatten(2 + rank)

        inside = unfold(torch.ones_like(x), 0.0)
        window = torch.ones_like(x)
        window = padded(window, pads, 1.0)
        for axis in range(rank):
            grow = [0] * (2 * rank)
            grow[axis + rank] = max(ends[axis] - pads[axis + rank], 0)
            window = padded(window, grow, 0.0)
        counted = window
        for axis in range(rank):
            starts = torch.arange(sizes[axis]) * strides[axis]
            index = starts[:, None] + torch.arange(kernel[axis])[None, :] * dilations[axis]
            counted = counted.index_select(2 + axis, index.reshape(-1))
            counted = counted.unflatten(2 + axis, index.shape).movedim(3 + axis, -1)
        return unfold(x, fill), inside, counted.flatten(2 + rank)

    def options(attributes):
        rank = len(attributes["kernel_shape"])
        return (
            attributes["kernel_shape"],
            attributes.get("strides", [1] * rank),
            attributes.get("pads", [0] * (2 * rank)),
            attributes.get("dilations", [1] * rank),
            attributes.get("ceil_mode", 0),
        )

    def maximum(name, shape, **attributes):
        def forward(x):
            return windows(x, *options(attributes), -math.inf)[0].max(-1).values

        # All negative, so that a zero in the padding would win.
        book.add("MaxPool", name, [("X", data("MaxPool." + name, *shape, offset=-2.0))], forward, attributes)

    def average(name, shape, **attributes):
        def forward(x):
            values, inside, counted = windows(x, *options(attributes), 0.0)
            divisor = counted.sum(-1) if attributes.get("count_include_pad") else inside.sum(-1)
            return values.sum(-1) / divisor

        book.add("AveragePool", name, [("X", data("AveragePool." + name, *shape))], forward, attributes, opset=19)

    maximum("stem", (2, 3, 6, 7), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    maximum("plain", (1, 2, 4, 4), kernel_shape=[2, 2], strides=[2, 2])
    maximum("asymmetric", (1, 2, 5, 4), kernel_shape=[3, 2], strides=[2, 1], pads=[0, 1, 1, 0])
    maximum("ceil", (1, 2, 6, 5), kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    maximum("dilated", (1, 1, 6, 6), kernel_shape=[2, 2], dilations=[2, 3])
    maximum("one_dimension", (2, 2, 7), kernel_shape=[3], strides=[2], pads=[1, 1])
    maximum("three_dimensions", (1, 2, 4, 4, 3), kernel_shape=[2, 2, 2], strides=[2, 2, 1])
    maximum("three_dimensions_padded", (1, 2, 4, 5, 4), kernel_shape=[3, 2, 2], strides=[2, 1, 2], pads=[1, 0, 0, 0, 1, 1])
    average("exclude_padding", (2, 2, 5, 5), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    average("include_padding", (2, 2, 5, 5), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1)
    average("asymmetric", (1, 2, 4, 5), kernel_shape=[2, 3], pads=[1, 0, 0, 2])
    average("ceil", (1, 2, 6, 5), kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1)
    average("ceil_include_padding", (1, 1, 6, 6), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1,
            count_include_pad=1)
    average("one_dimension", (1, 3, 6), kernel_shape=[2], strides=[2])
    average("three_dimensions", (1, 2, 4, 3, 4), kernel_shape=[2, 2, 2], strides=[2, 1, 2])
    average("three_dimensions_padded", (1, 2, 4, 5, 4), kernel_shape=[3, 2, 2], strides=[2, 1, 2], pads=[1, 0, 0, 0, 1, 1])

    for name, shape in (("image", (2, 3, 4, 5)), ("volume", (1, 2, 2, 3, 4)), ("single", (2, 4, 1, 1))):
        axes = tuple(range(2, len(shape)))
        forward = lambda x, axes=axes: x.mean(axes, keepdim=True)  # noqa: E731
        book.add("GlobalAveragePool", name, [("X", data("GlobalAveragePool." + name, *shape))], forward)


def resizing(book):
    import torch
    import torch.nn.functional as F

    rounded = {
        "floor": np.floor,
        "ceil": np.ceil,
        "round_prefer_floor": lambda place: np.ceil(place - 0.5),
        "round_prefer_ceil": lambda place: np.floor(place + 0.5),
    }

    def matrix(n, m, scale, attributes):
        """[m, n]: what each of m outputs takes of n inputs, as ONNX defines it."""
        mode = attributes["coordinate_transformation_mode"]
        i = np.arange(m, dtype=np.float64)
        if mode == "asymmetric":
            place = i / scale
        elif mode == "align_corners":
            place = i * (n - 1) / (m - 1) if m > 1 else i * 0
        elif mode == "pytorch_half_pixel" and m == 1:
            place = i * 0
        else:
            place = (i + 0.5) / scale - 0.5
        result = np.zeros((m, n))
        if attributes["mode"] == "nearest":
            result[np.arange(m), rounded[attributes["nearest_mode"]](place).clip(0, n - 1).astype(int)] = 1
        else:
            place = place.clip(0, n - 1)
            low = np.floor(place).astype(int)
            np.add.at(result, (np.arange(m), low), 1 - (place - low))
            np.add.at(result, (np.arange(m), np.minimum(low + 1, n - 1)), place - low)
        return torch.from_numpy(result)

    def case(name, shape, scales=None, sizes=None, torch_mode=None, opset=17, **attributes):
        attributes = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"} | attributes
        spatial = shape[2:]
        factors = scales or [m / n for n, m in zip(spatial, sizes)]
        outputs = sizes or [math.floor(n * scale) for n, scale in zip(spatial, scales)]
        inputs = [("X", data("Resize." + name, *shape)), ("roi", None)]
        if scales:
            inputs.append(("!scales", np.array([1, 1] + scales, np.float32)))
        else:
            inputs += [("scales", None), ("sizes", np.array(([] if "axes" in attributes else list(shape[:2])) + outputs))]

        def forward(x, *_):
            y = x
            for axis, (n, m, factor) in enumerate(zip(spatial, outputs, factors)):
                y = torch.tensordot(y, matrix(n, m, factor, attributes), dims=([2 + axis], [1])).movedim(-1, 2 + axis)
            if torch_mode:
                corners = {"align_corners": attributes["coordinate_transformation_mode"] == "align_corners"}
                size = {"scale_factor": scales} if scales else {"size": outputs}
                theirs = F.interpolate(x, mode=torch_mode, **size, **({} if "nearest" in torch_mode else corners))
                np.testing.assert_allclose(y.detach().numpy(), theirs.detach().numpy(), rtol=1e-6, atol=1e-6, err_msg=name)
            return y

        book.add("Resize", name, inputs, forward, attributes, opset=opset)

    case("twice", (2, 3, 4, 5), scales=[2.0, 2.0], torch_mode="bilinear")
    case("four_times", (1, 2, 3, 3), scales=[4.0, 4.0], torch_mode="bilinear")
    case("odd_sizes", (1, 2, 5, 4), sizes=[7, 9], torch_mode="bilinear")
    case("smaller", (1, 2, 7, 8), sizes=[3, 5], torch_mode="bilinear")
    case("given_scale", (1, 2, 5, 6), scales=[1.7, 0.7], torch_mode="bilinear")
    case("corners", (1, 2, 4, 5), sizes=[7, 3], torch_mode="bilinear", coordinate_transformation_mode="align_corners")
    case("asymmetric", (1, 2, 4, 5), sizes=[7, 8], coordinate_transformation_mode="asymmetric")
    case("to_one", (1, 2, 4, 5), sizes=[1, 3], coordinate_transformation_mode="pytorch_half_pixel")
    case("one_dimension", (2, 3, 6), sizes=[10], torch_mode="linear")
    case("three_dimensions", (1, 2, 3, 4, 2), sizes=[5, 6, 4], torch_mode="trilinear")
    case("named_axes", (1, 2, 4, 5), sizes=[6, 10], opset=18, axes=[2, 3], torch_mode="bilinear")
    nearest = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    case("nearest_twice", (2, 3, 3, 4), scales=[2.0, 2.0], torch_mode="nearest", **nearest)
    case("nearest_sizes", (1, 2, 5, 4), sizes=[7, 3], torch_mode="nearest", **nearest)
    case("nearest_volume", (1, 2, 2, 3, 2), scales=[2.0, 3.0, 2.0], torch_mode="nearest", **nearest)
    exact = nearest | {"coordinate_transformation_mode": "half_pixel", "nearest_mode": "round_prefer_ceil"}
    case("nearest_exact", (1, 2, 5, 6), sizes=[3, 8], torch_mode="nearest-exact", **exact)
    for rounding in rounded:
        for mode in ("half_pixel", "align_corners", "asymmetric"):
            ties = {"mode": "nearest", "coordinate_transformation_mode": mode, "nearest_mode": rounding}
            case(f"nearest_{mode}_{rounding}", (1, 1, 6, 4), scales=[0.5, 1.5], **ties)


def elementwise(book):
    import torch
    import torch.nn.functional as F

    def unary(operator, forward, name="plain", x=None, attributes=None, **keywords):
        x = data(f"{operator}.{name}", 2, 3, 5, scale=4.0) if x is None else x
        book.add(operator, name, [("X", x)], forward, attributes, **keywords)

    special = np.array([-90, -20, -5, -1, -0.5, 0, 0.5, 1, 5, 20, 90], np.float32)
    unary("Relu", F.relu)
    unary("Relu", F.relu, "with_zero", np.array([-1, 0, 2, -0.0, 3], np.float32), note="the gradient at 0 is 0")
    unary("Gelu", F.gelu, opset=20)
    unary("Gelu", F.gelu, "far", special, opset=20)
    unary("Gelu", lambda x: F.gelu(x, approximate="tanh"), "tanh", attributes={"approximate": "tanh"}, opset=20)
    unary("Gelu", lambda x: F.gelu(x, approximate="tanh"), "tanh_far", special, {"approximate": "tanh"}, opset=20)
    unary("Silu", F.silu, domain="dr")
    unary("Silu", F.silu, "far", special, domain="dr")
    for operator, function in (("Sigmoid", torch.sigmoid), ("Tanh", torch.tanh), ("Erf", torch.erf)):
        unary(operator, function)
        unary(operator, function, "far", special)
    unary("Exp", torch.exp)
    unary("Neg", torch.neg)
    unary("Abs", torch.abs)
    unary("Abs", torch.abs, "with_zero", np.array([-1, 0, 2], np.float32), note="the gradient at 0 is 0")
    positive = data("positive", 2, 3, 5, scale=2.0, offset=2.0625)
    unary("Sqrt", torch.sqrt, x=positive)
    unary("Log", torch.log, x=positive)
    unary("Reciprocal", torch.reciprocal, x=positive)
    unary("LeakyRelu", lambda x: F.leaky_relu(x, 0.125), attributes={"alpha": 0.125})
    bounds = [("X", data("Clip.x", 3, 5, scale=4.0)), ("!min", np.float32(-1)), ("!max", np.float32(2))]
    book.add("Clip", "both", bounds, lambda x, low, high: x.clamp(float(low), float(high)))

    binary = {"Add": torch.add, "Sub": torch.sub, "Mul": torch.mul, "Div": torch.div}
    shapes = {
        "same": ((2, 3, 4), (2, 3, 4)),
        "trailing": ((2, 3, 4), (4,)),
        "outer": ((3, 1), (1, 4)),
        "left_smaller": ((3, 1), (2, 3, 4)),
        "scalar": ((2, 3), ()),
        "channels": ((2, 3, 2, 2), (1, 3, 1, 1)),
    }
    for operator, function in binary.items():
        for name, (a, b) in shapes.items():
            away_from_zero = {"scale": 0.5, "offset": 1.0} if operator == "Div" else {}
            right = data(f"{operator}.b.{name}", *b, **away_from_zero)
            book.add(operator, name, [("A", data(f"{operator}.a.{name}", *a)), ("B", right)], function)
    base = data("Pow.base", 2, 3, 4, scale=0.5, offset=1.0)
    book.add("Pow", "exponents", [("X", base), ("Y", data("Pow.y", 3, 1, scale=2.0))], torch.pow)
    book.add("Pow", "square", [("X", data("Pow.square", 2, 5)), ("!Y", np.float32(2))], torch.pow)
    book.add("Pow", "cube", [("X", data("Pow.cube", 2, 5)), ("!Y", np.array([3], np.float32))], torch.pow)
    book.add("Pow", "root", [("X", base), ("!Y", np.float32(0.5))], torch.pow)


def softmaxes(book):
    import torch
    import torch.nn.functional as F

    for operator, function in (("Softmax", torch.softmax), ("LogSoftmax", torch.log_softmax)):
        for name, shape, axis in (("last", (2, 5), -1), ("middle", (2, 3, 4), 1), ("first", (3, 2), 0), ("wide", (2, 37), -1)):
            forward = lambda x, f=function, axis=axis: f(x, axis)  # noqa: E731
            book.add(operator, name, [("input", data(f"{operator}.{name}", *shape, scale=4.0))], forward, {"axis": axis})
        # exp(90) overflows float32: the peak must be subtracted first.
        large = [("input", data(f"{operator}.large", 3, 7, scale=4.0, offset=94.0))]
        book.add(operator, "large", large, lambda x, f=function: f(x, -1), {"axis": -1})
        spread = [("input", np.array([[-200, 0, 100, 100.5]], np.float32))]
        book.add(operator, "spread", spread, lambda x, f=function: f(x, -1), {"axis": -1})

    def attention(name, queries, keys, width, value_width, scale=None, magnitude=2.0):
        key = "ScaledDotProductAttention." + name
        inputs = [
            ("query", data(key + ".q", 2, 3, queries, width, scale=magnitude)),
            ("key", data(key + ".k", 2, 3, keys, width, scale=magnitude)),
            ("value", data(key + ".v", 2, 3, keys, value_width)),
        ]

        def forward(q, k, v):
            return F.scaled_dot_product_attention(q, k, v, scale=scale)

        attributes = {} if scale is None else {"scale": scale}
        note = "shapes [batch, heads, tokens, width]; without the attribute the scale is 1/sqrt(width)"
        book.add("ScaledDotProductAttention", name, inputs, forward, attributes, domain="dr", note=note)

    attention("plain", 5, 5, 8, 8)
    attention("scaled", 4, 4, 4, 4, scale=0.75)
    attention("cross", 3, 6, 4, 5)
    attention("single_token", 1, 1, 4, 4)
    attention("odd", 17, 17, 6, 6)
    attention("peaked", 4, 9, 8, 8, scale=4.0, magnitude=4.0)


def reductions(book):
    import torch

    functions = {
        "ReduceSum": lambda x, axes, keep: x.sum(axes, keepdim=keep),
        "ReduceMean": lambda x, axes, keep: x.mean(axes, keepdim=keep),
        "ReduceMax": lambda x, axes, keep: x.amax(axes, keepdim=keep),
        "ReduceMin": lambda x, axes, keep: x.amin(axes, keepdim=keep),
        "ReduceL2": lambda x, axes, keep: torch.linalg.vector_norm(x, 2, axes, keepdim=keep),
    }
    cases = {
        "last": ((2, 3, 4), [-1], 1),
        "first_dropped": ((3, 2, 4), [0], 0),
        "middle": ((2, 3, 4), [1], 1),
        "two": ((2, 3, 4, 5), [2, 3], 0),
        "split": ((2, 3, 4), [0, 2], 1),
        "all": ((2, 3), None, 0),
        "all_kept": ((2, 3), None, 1),
    }
    for operator, function in functions.items():
        for name, (shape, axes, keep) in cases.items():
            inputs = [("data", data(f"{operator}.{name}", *shape))]
            attributes = {"keepdims": keep}
            if axes is not None:
                if operator == "ReduceSum":
                    inputs.append(("axes", np.array(axes)))
                else:
                    attributes["axes"] = axes
            chosen = tuple(range(len(shape))) if axes is None else tuple(axes)
            forward = lambda x, *_, f=function, a=chosen, k=bool(keep): f(x, a, k)  # noqa: E731
            book.add(operator, name, inputs, forward, attributes)


def movement(book):
    import torch

    def x(name, *shape):
        return ("data", data(name, *shape))

    def ints(name, *values):
        return (name, np.array(values, np.int64))

    reshape = lambda t, shape: t.reshape([t.shape[i] if n == 0 else n for i, n in enumerate(shape.tolist())])  # noqa: E731
    book.add("Reshape", "inferred", [x("Reshape.a", 2, 3, 4), ints("shape", 4, -1)], reshape)
    book.add("Reshape", "copied", [x("Reshape.b", 2, 3, 4), ints("shape", 0, 0, 2, 2)], reshape)
    book.add("Reshape", "heads", [x("Reshape.c", 2, 3, 12), ints("shape", 0, -1, 3, 2, 2)], reshape)
    for name, shape, perm in (
        ("swap", (2, 3), [1, 0]),
        ("image_to_tokens", (2, 3, 4, 5), [0, 2, 3, 1]),
        ("heads", (2, 3, 3, 2, 4), [2, 0, 3, 1, 4]),
        ("rotate", (2, 3, 4), [2, 0, 1]),
    ):
        forward = lambda t, p=perm: t.permute(p)  # noqa: E731
        book.add("Transpose", name, [x("Transpose." + name, *shape)], forward, {"perm": perm})
    book.add("Transpose", "reversed", [x("Transpose.reversed", 2, 3, 4)], lambda t: t.permute(2, 1, 0))

    for name, axis, shapes in (
        ("first", 0, [(1, 3), (2, 3)]),
        ("channels", 1, [(2, 1, 3), (2, 3, 3), (2, 2, 3)]),
        ("last", -1, [(2, 3), (2, 1)]),
        ("one", 0, [(2, 3)]),
    ):
        inputs = [(f"inputs{i}", data(f"Concat.{name}.{i}", *shape)) for i, shape in enumerate(shapes)]
        book.add("Concat", name, inputs, lambda *t, a=axis: torch.cat(t, a), {"axis": axis})

    book.add("Split", "equal", [("input", data("Split.a", 2, 6))], lambda t: torch.split(t, 2, 1)[:3], {"axis": 1})
    book.add("Split", "sizes", [("input", data("Split.b", 5, 3)), ints("split", 1, 3, 1)],
             lambda t, s: torch.split(t, s.tolist(), 0), {"axis": 0})
    book.add("Split", "negative_axis", [("input", data("Split.c", 2, 2, 6)), ints("split", 2, 4)],
             lambda t, s: torch.split(t, s.tolist(), -1), {"axis": -1})

    def slice_(name, shape, starts, ends, axes=None, steps=None):
        rank = len(shape)
        index = [slice(None)] * rank
        for n, axis in enumerate(range(len(starts)) if axes is None else axes):
            step = 1 if steps is None else steps[n]
            end = None if step < 0 and ends[n] < -shape[axis] else ends[n]
            index[axis] = np.arange(shape[axis])[slice(starts[n], end, step)]

        def forward(t, *_):
            for axis, chosen in enumerate(index):
                if not isinstance(chosen, slice):
                    t = t.index_select(axis, torch.from_numpy(chosen.copy()))
            return t

        inputs = [("data", data("Slice." + name, *shape)), ints("starts", *starts), ints("ends", *ends)]
        if axes is not None or steps is not None:
            inputs.append(("axes", None) if axes is None else ints("axes", *axes))
        if steps is not None:
            inputs.append(ints("steps", *steps))
        book.add("Slice", name, inputs, forward)

    slice_("leading", (4, 5), [1, 0], [3, 4])
    slice_("axis", (2, 5, 3), [1], [4], [1])
    slice_("token", (2, 5, 3), [0], [1], [1])
    slice_("to_the_end", (2, 5), [1], [INT64_MAX], [-1])
    slice_("negative", (3, 6), [-4], [-1], [1])
    slice_("stepped", (3, 7), [0, 1], [3, 7], [0, 1], [2, 3])
    slice_("reversed", (2, 5), [-1], [INT64_MIN], [1], [-1])
    slice_("backwards", (3, 7), [5], [0], [1], [-2])
    slice_("clamped", (3, 4), [-9, 1], [9, 99], [0, 1])

    def gather(name, shape, indices, axis):
        indices = np.array(indices, np.int64)

        def forward(t, i):
            flat = torch.where(i < 0, i + t.shape[axis], i).reshape(-1)
            chosen = t.index_select(axis, flat)
            return chosen.reshape(list(t.shape[:axis]) + list(i.shape) + list(t.shape[axis:][1:]))

        book.add("Gather", name, [("data", data("Gather." + name, *shape)), ("indices", indices)], forward, {"axis": axis})

    gather("rows", (4, 3), [2, 0, 2], 0)
    gather("table", (5, 2), [[0, 4], [-1, 1]], 0)
    gather("columns", (2, 5, 3), [4, 1], 1)
    gather("scalar", (2, 5, 3), 0, 1)

    expand = lambda t, shape: t.expand(torch.broadcast_shapes(t.shape, tuple(shape.tolist())))  # noqa: E731
    book.add("Expand", "batch", [("input", data("Expand.a", 1, 1, 4)), ints("shape", 3, 1, 4)], expand)
    book.add("Expand", "both_ways", [("input", data("Expand.b", 3, 1)), ints("shape", 2, 1, 4)], expand)
    book.add("Expand", "scalar", [("input", data("Expand.c")), ints("shape", 2, 3)], expand)

    def pad(name, shape, pads, value=None):
        inputs = [("data", data("Pad." + name, *shape)), ints("pads", *pads)]
        if value is not None:
            inputs.append(("!constant_value", np.float32(value)))
        forward = lambda t, *_: padded(t, pads, 0.0 if value is None else value)  # noqa: E731
        book.add("Pad", name, inputs, forward, {"mode": "constant"})

    pad("zeros", (2, 3), [0, 1, 2, 0])
    pad("value", (1, 2, 3, 3), [0, 0, 1, 2, 0, 0, 0, 1], 1.5)
    pad("negative", (4, 5), [-1, 0, 0, -2])
    pad("mixed", (3, 4), [-1, 2, 1, -1], -0.5)

    flattened = {"default": ((2, 3, 4), 1), "zero": ((2, 3), 0), "two": ((2, 3, 4, 2), 2), "negative": ((2, 3, 4), -1)}
    for name, (shape, axis) in flattened.items():
        def forward(t, axis=axis, rank=len(shape)):
            return t.reshape(math.prod(t.shape[: axis % rank] if axis < 0 else t.shape[:axis]), -1)

        book.add("Flatten", name, [("input", data("Flatten." + name, *shape))], forward, {"axis": axis})
    squeeze = lambda t, axes: t.squeeze(tuple(axes.tolist()))  # noqa: E731
    book.add("Squeeze", "pooled", [x("Squeeze.a", 2, 3, 1, 1), ints("axes", 2, 3)], squeeze)
    book.add("Squeeze", "negative", [x("Squeeze.b", 1, 3, 1), ints("axes", -1)], squeeze)
    book.add("Squeeze", "every", [x("Squeeze.c", 1, 3, 1, 2)], lambda t: t.squeeze())

    def unsqueeze(t, axes):
        rank = t.dim() + axes.numel()
        for axis in sorted(a % rank for a in axes.tolist()):
            t = t.unsqueeze(axis)
        return t

    book.add("Unsqueeze", "first", [x("Unsqueeze.a", 2, 3), ints("axes", 0)], unsqueeze)
    book.add("Unsqueeze", "both_ends", [x("Unsqueeze.b", 2, 3), ints("axes", -1, 0)], unsqueeze)


def losses(book):
    import torch.nn.functional as F

    labels = np.array([0, 2, 4, 1, 2, 0])
    weights = np.array([0.5, 1.5, 0.75, 2.0, 1.25], np.float32)

    def case(name, weighted, smoothing=0.0, ignored=None, scale=4.0, offset=0.0):
        y = labels.copy()
        if ignored is not None:
            y[[1, 5]] = ignored
        inputs = [("logits", data("CrossEntropy." + name, 6, 5, scale=scale, offset=offset)), ("labels", y)]
        if weighted:
            inputs.append(("!weights", weights))

        def forward(x, y, w=None):
            return F.cross_entropy(x, y, w, ignore_index=-100 if ignored is None else ignored, label_smoothing=smoothing)

        attributes = {"reduction": "mean", "label_smoothing": smoothing}
        if ignored is not None:
            attributes["ignore_index"] = ignored
        book.add("CrossEntropy", name, inputs, forward, attributes, domain="dr")

    case("plain", False)
    case("weighted", True)
    case("smoothed", False, 0.1)
    case("weighted_smoothed", True, 0.1)
    case("masked", False, 0.0, -1)
    case("weighted_smoothed_masked", True, 0.1, -1)
    case("large_logits", False, 0.1, None, 64.0, 96.0)

    for name, attributes, weighted in (("plain", {}, False), ("weighted", {}, True), ("ignored", {"ignore_index": 2}, True)):
        inputs = [("scores", data("SoftmaxCrossEntropyLoss." + name, 6, 5, scale=4.0)), ("labels", labels)]
        inputs += [("!weights", weights)] if weighted else []

        def forward(x, y, w=None, ignored=attributes.get("ignore_index", -100)):
            return F.cross_entropy(x, y, w, ignore_index=ignored)

        book.add("SoftmaxCrossEntropyLoss", name, inputs, forward, {"reduction": "mean"} | attributes)


def element_losses(book):
    import torch
    import torch.nn.functional as F

    def entropy(name, shape, positive=None, scale=4.0, offset=0.0, soft=False):
        targets = data("SigmoidCrossEntropy.y." + name, *shape, scale=0.5, offset=0.5)
        inputs = [("logits", data("SigmoidCrossEntropy.x." + name, *shape, scale=scale, offset=offset))]
        inputs.append(("!targets", targets if soft else targets.round()))
        if positive is not None:
            inputs.append(("!positiveWeight", np.array(positive, np.float32)))

        def forward(x, y, w=None):
            return F.binary_cross_entropy_with_logits(x, y, pos_weight=w)

        book.add("SigmoidCrossEntropy", name, inputs, forward, domain="dr")

    entropy("plain", (4, 5))
    entropy("soft_targets", (4, 5), soft=True)
    entropy("one_weight", (2, 1, 4, 3), 5.0)
    entropy("class_weights", (6, 4), [0.5, 2.0, 1.0, 7.0])
    entropy("large_logits", (3, 4), 3.0, 64.0, 96.0)

    def dice(name, shape, smooth=1e-5, scale=4.0):
        inputs = [("logits", data("DiceLoss.x." + name, *shape, scale=scale))]
        inputs.append(("!targets", data("DiceLoss.y." + name, *shape, scale=0.5, offset=0.5).round()))

        def forward(x, y):
            p = torch.sigmoid(x)
            return 1 - (2 * (p * y).sum() + smooth) / ((p * p).sum() + (y * y).sum() + smooth)

        book.add("DiceLoss", name, inputs, forward, {"smooth": smooth}, domain="dr")

    dice("plain", (2, 1, 4, 5))
    dice("smooth", (3, 6), 1.0)
    dice("volume", (1, 1, 2, 3, 4))
    dice("certain", (4, 5), scale=32.0)


def composed_losses(book):
    import torch
    import torch.nn.functional as F

    def graded(name, logits, targets):
        def forward(x, y):
            p = torch.sigmoid(x)
            tp, fp, fn = (p * y).sum(1), (p * (1 - y)).sum(1), ((1 - p) * y).sum(1)
            precision, recall = tp / (tp + fp + 1e-7), tp / (tp + fn + 1e-7)
            return 1 - (2 * precision * recall / (precision + recall + 1e-7)).mean()

        book.add("GradedMicroF1", name, [("logits", logits), ("!targets", targets)], forward, domain="dr")

    small = np.array([[0.5, -1, 2, 0], [-0.2, 0.3, -0.7, 1.5], [-1, -1, -1, -1]], np.float32)
    graded("three_samples", small, np.array([[1, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1]], np.float32))
    # A sample without any label counts 1 - 0.
    several = data("GradedMicroF1.y", 6, 5, scale=0.5, offset=0.5).round()
    several[2] = 0
    graded("several", data("GradedMicroF1.x", 6, 5, scale=2.0), several)

    def apart(a, b, root):
        square = ((a - b) ** 2).sum(-1)
        return square.clamp_min(1e-12).sqrt() if root else square

    def triplets(name, root, margin, count=9, used=6):
        shape = {"queries": (4, 6), "items": (7, 6)}
        rows = {name: data(f"Triplet.{name}", *size) for name, size in shape.items()}
        places = {part: common.integers(f"operators.Triplet.{part}", (count,), bound)
                  for part, bound in (("anchors", 4), ("positives", 7), ("negatives", 7))}
        inputs = [*rows.items(), *places.items(), ("!mask", (np.arange(count) < used).astype(np.float32))]

        def forward(q, items, a, p, n, mask):
            hinge = F.relu(apart(q[a], items[p], root) - apart(q[a], items[n], root) + margin)
            return (hinge * mask).sum() / mask.sum()

        book.add("Triplet", name, inputs, forward, {"margin": margin, "root": int(root)}, domain="dr")

    triplets("squared", False, 0.2)
    triplets("euclidean", True, 0.5)

    def hard(name, points, labels, margin=0.5):
        def forward(x, y):
            d = apart(x[:, None], x[None], True)
            same = y[:, None] == y[None]
            farthest = torch.where(same, d, torch.zeros_like(d)).amax(1)
            nearest = (d + 1e5 * same).amin(1)
            return F.relu(farthest - nearest + margin).mean()

        book.add("BatchHardTriplet", name, [("embeddings", points), ("labels", labels)], forward, {"margin": margin}, domain="dr")

    points = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [2, 0], [0.2, 0.1]], np.float32)
    hard("six_points", points, np.array([0, 0, 1, 1, 0, 1]))
    hard("one_alone", data("BatchHardTriplet.x", 7, 5), np.array([0, 1, 1, 2, 2, 2, 1]), 1.0)

    def binary(name, student, teacher, temperature):
        def forward(s, t):
            two = [torch.stack([torch.zeros_like(x), x], 1) / temperature for x in (s, t)]
            sum_ = F.kl_div(F.log_softmax(two[0], 1), F.softmax(two[1], 1), reduction="sum")
            return sum_ * temperature**2 / s.numel()

        book.add("BernoulliDivergence", name, [("student", student), ("!teacher", teacher)], forward,
                 {"temperature": temperature}, domain="dr")

    binary("one_image", np.array([[0.5, -1], [2, 0.3]], np.float32).reshape(1, 1, 2, 2),
           np.array([[1.5, -2], [0.5, 0.1]], np.float32).reshape(1, 1, 2, 2), 4.0)
    binary("certain", data("Bernoulli.s", 2, 1, 3, 4, scale=16.0), data("Bernoulli.t", 2, 1, 3, 4, scale=16.0), 1.0)

    def classes(name, shape, temperature, axis):
        inputs = [("student", data(f"Divergence.s.{name}", *shape, scale=4.0)), ("!teacher", data(f"Divergence.t.{name}", *shape, scale=4.0))]

        def forward(s, t):
            log = F.log_softmax(s / temperature, axis)
            sum_ = F.kl_div(log, F.softmax(t / temperature, axis), reduction="sum")
            return sum_ * temperature**2 / (s.numel() // s.shape[axis])

        book.add("SoftmaxDivergence", name, inputs, forward, {"temperature": temperature, "axis": axis}, domain="dr")

    classes("labels", (5, 4), 2.0, -1)
    classes("maps", (2, 3, 4, 2), 3.0, 1)

    maps = data("MulticlassDice.x", 2, 3, 4, 5, scale=2.0)
    labels = common.integers("operators.MulticlassDice.y", (2, 4, 5), 3)

    def dices(x, y):
        p, t = torch.softmax(x, 1), F.one_hot(y, 3).movedim(-1, 1).double()
        axes = (0, 2, 3)
        return (1 - (2 * (p * t).sum(axes) + 1e-5) / ((p * p).sum(axes) + (t * t).sum(axes) + 1e-5)).mean()

    book.add("MulticlassDice", "maps", [("logits", maps), ("labels", labels)], dices, domain="dr")
    book.add("MeanSquaredError", "features", [("a", data("MSE.a", 2, 3, 4)), ("b", data("MSE.b", 2, 3, 4))], F.mse_loss, domain="dr")


def embeddings(book):
    import torch.nn.functional as F

    def normalize(name, x, axis=-1, p=2, epsilon=1e-12):
        forward = lambda t: F.normalize(t, p, axis, epsilon)  # noqa: E731
        book.add("Normalize", name, [("x", x)], forward, {"axis": axis, "p": p, "epsilon": epsilon}, domain="dr")

    normalize("rows", data("Normalize.rows", 3, 8))
    normalize("channels", data("Normalize.channels", 2, 3, 4, 2), axis=1)
    normalize("magnitudes", data("Normalize.magnitudes", 3, 5), p=1)
    short = data("Normalize.short", 3, 4)
    short[1] = [3e-3, -4e-3, 0, 0]
    normalize("below_epsilon", short, epsilon=0.0625)
    zeros = data("Normalize.zeros", 2, 4)
    zeros[0] = 0
    normalize("zeros", zeros, epsilon=0.5)
    for p in (1, 2):
        forward = lambda t, p=p: F.normalize(t, p, 1)  # noqa: E731
        book.add("LpNormalization", f"order_{p}", [("input", data(f"LpNormalization.{p}", 2, 5, 3))], forward, {"axis": 1, "p": p})
    forward = lambda t: F.normalize(t, 2, -1)  # noqa: E731
    book.add("LpNormalization", "default", [("input", data("LpNormalization.default", 3, 7))], forward)


def optimizers(book):
    import torch

    def steps(operator, name, make, states, attributes, count=3):
        """Every one of `count` consecutive steps is a case of its own."""
        start = torch.from_numpy(data(f"{operator}.{name}.w", 7)).double()
        parameter = torch.nn.Parameter(start.clone())
        optimizer = make([parameter])
        before = [torch.zeros_like(start) for _ in states]
        # The stored float32 inputs of step n are not rounded in between, so outputs are compared to about 1e-7.
        for step in range(1, count + 1):
            gradient = data(f"{operator}.{name}.g{step}", 7, scale=2.0)
            inputs = [("!parameter", parameter.detach().numpy().astype(np.float32)), ("!gradient", gradient)]
            inputs += [("!" + state, value.numpy().astype(np.float32)) for state, value in zip(states, before)]
            parameter.grad = torch.from_numpy(gradient).double()
            optimizer.step()
            stored = optimizer.state[parameter]
            before = [stored[state].detach().clone() for state in states if stored.get(state) is not None]
            outputs = [parameter.detach().clone()] + before
            book.add(operator, f"{name}_{step}", inputs, lambda *_, o=outputs: tuple(o), attributes | {"step": step}, domain="dr",
                     note="inputs: parameter, gradient, then the state; outputs: parameter, then the state; step counts from 1")

    def sgd(name, **options):
        states = ["momentum_buffer"] if options.get("momentum") else []
        steps("SGD", name, lambda p: torch.optim.SGD(p, **options), states, options)

    def adamw(name, lr, weight_decay, beta1=0.9, beta2=0.999, eps=1e-8):
        options = {"lr": lr, "weight_decay": weight_decay, "beta1": beta1, "beta2": beta2, "eps": eps}
        make = lambda p: torch.optim.AdamW(p, lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay)  # noqa: E731
        steps("AdamW", name, make, ["exp_avg", "exp_avg_sq"], options)

    sgd("plain", lr=0.1)
    sgd("momentum", lr=0.1, momentum=0.9)
    sgd("momentum_decay", lr=0.05, momentum=0.9, weight_decay=0.01)
    adamw("default", 1e-3, 0.01)
    adamw("large", 0.1, 0.1)
    adamw("betas", 0.01, 0.0, 0.8, 0.95, 1e-6)


def main():
    common.import_torch()
    book = Book()
    for topic in (convolution, transposed_convolution, products, normalisations, pooling, resizing, elementwise, softmaxes):
        topic(book)
    for topic in (embeddings, reductions, movement, losses, element_losses, composed_losses, optimizers):
        topic(book)
    book.write()


if __name__ == "__main__":
    main()
