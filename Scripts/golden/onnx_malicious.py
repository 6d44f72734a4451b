"""Hostile, broken and tricky ONNX files for Tests/OnnxFormatTests, into Tests/Golden/onnx_malicious.

cases.json says for every file which error code reading it and building its graph must give, or null and the type of the
output where it must succeed. Links, pipes and directories cannot lie in a repository: the tests make them.

    python Scripts/golden/onnx_malicious.py
"""

import json
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper

OUT = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Golden" / "onnx_malicious"
BIG = 9223372036854775807
cases = {}


def external(name="w", dims=(4,), **entries):
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=dims, data_location=TensorProto.EXTERNAL)
    for key, value in entries.items():
        for one in value if isinstance(value, list) else [value]:
            tensor.external_data.add(key=key, value=one)
    return tensor


def inside(name="w", values=(1, 2, 3, 4), dims=(4,), kind=TensorProto.FLOAT):
    return helper.make_tensor(name, kind, dims, values)


def port(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def add(x="x", w="w", y="y", name="add", **attributes):
    return helper.make_node("Add", [x, w], [y], name=name, **attributes)


def model(nodes=None, weights=None, inputs=None, outputs=None, opset=17):
    graph = helper.make_graph(
        [add()] if nodes is None else nodes,
        "g",
        [port("x", ["n", 4])] if inputs is None else inputs,
        [port("y", ["n", 4])] if outputs is None else outputs,
        [inside()] if weights is None else weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8, producer_name="golden")


def case(name, proto, error, output=None):
    (OUT / f"{name}.onnx").write_bytes(proto if isinstance(proto, bytes) else proto.SerializeToString())
    cases[name] = {"error": error, "output": output}


def sized(shape_nodes, weights=(), output=("n", 4), **options):
    """A model whose last node reshapes x to `shape`."""
    nodes = list(shape_nodes) + [helper.make_node("Reshape", ["x", "shape"], ["y"], name="reshape")]
    return model(nodes, list(weights), outputs=[port("y", list(output))], **options)


def ints(name, values, dims=None):
    return helper.make_tensor(name, TensorProto.INT64, [len(values)] if dims is None else dims, values)


def external_cases():
    case("valid", model(weights=[external(location="weights.bin", offset="16", length="16", checksum="none")]), None, "float32[2, 4]")
    case("valid_no_length", model(weights=[external(location="weights.bin")]), None, "float32[2, 4]")
    case("unaligned", model(weights=[external(location="weights.bin", offset="3", length="16")]), None, "float32[2, 4]")
    case("subdirectory", model(weights=[external(location="sub/weights.bin", length="16")]), None, "float32[2, 4]")
    places = {
        "parent": "../weights.bin", "dot_parent": "./../weights.bin", "inner_parent": "sub/../../weights.bin",
        "inner_parent_stays": "sub/../weights.bin", "absolute": "/etc/passwd", "dot": "./weights.bin", "empty": "",
        "empty_component": "sub//weights.bin", "trailing_slash": "weights.bin/", "backslash": "..\\weights.bin",
        "nul": "weights.bin\0.txt", "control": "weights.bin\n", "long_name": "a" * 300, "deep": "a/" * 20 + "a",
        "directory": "sub", "missing": "absent.bin", "link": "link.bin", "linked_directory": "linked/weights.bin",
        "hard_link": "hard.bin", "pipe": "pipe.bin", "empty_file": "empty.bin", "device": "null.bin",
    }
    for name, place in places.items():
        case(name, model(weights=[external(location=place, offset="0", length="16")]), "externalData")
    numbers = {
        "offset_beyond": {"offset": "64"}, "offset_near_end": {"offset": "49"}, "offset_huge": {"offset": str(BIG)},
        "offset_overflow": {"offset": "99999999999999999999"}, "offset_negative": {"offset": "-16"},
        "offset_plus": {"offset": "+0"}, "offset_hex": {"offset": "0x10"}, "offset_space": {"offset": " 0"},
        "offset_empty": {"offset": ""}, "offset_twice": {"offset": ["0", "16"]}, "length_huge": {"length": str(BIG)},
        "length_short": {"length": "8"}, "length_negative": {"length": "-1"}, "unknown_key": {"__class__": "x"},
        "location_twice": {"location": ["weights.bin", "../weights.bin"]},
    }
    for name, entries in numbers.items():
        case(name, model(weights=[external(**({"location": "weights.bin"} | entries))]), "externalData")
    case("no_location", model(weights=[external(offset="0", length="16")]), "externalData")
    case("huge_dims", model(weights=[external(dims=(1 << 40, 1 << 40), location="weights.bin")]), "tooLarge")
    case("large_dims", model(weights=[external(dims=(1 << 30,), location="weights.bin")]), "externalData")
    case("zero_times_huge", model(weights=[external(dims=(BIG, BIG, 0), location="weights.bin")]), "tooLarge")
    both = external(location="weights.bin")
    both.raw_data = bytes(16)
    case("inside_and_outside", model(weights=[both]), "malformed")
    default = inside()
    default.external_data.add(key="location", value="../weights.bin")
    case("external_entries_inside", model(weights=[default]), "malformed")


def sparse(values, indices, dims):
    tensor = helper.make_sparse_tensor(values, indices, [1])
    del tensor.dims[:]
    tensor.dims.extend(dims)
    return tensor


def with_sparse(tensor):
    proto = model(weights=[])
    proto.graph.sparse_initializer.append(tensor)
    return proto


def branching(branch):
    """A model whose branch gives w."""
    decide = helper.make_node("If", ["c"], ["w"], name="if", then_branch=branch, else_branch=branch)
    return model([decide, add()], [inside("c", [1], [], TensorProto.BOOL)])


def calling(*functions, call=None):
    proto = model([call or helper.make_node("f", [], ["w"], name="call", domain="d"), add()], [])
    proto.opset_import.add(domain="d", version=1)
    proto.functions.extend(functions)
    return proto


def function(nodes, name="f", attributes=(), defaults=(), inputs=()):
    proto = helper.make_function(
        "d", name, list(inputs), ["w"], nodes, [helper.make_opsetid("", 17), helper.make_opsetid("d", 1)], list(attributes))
    proto.attribute_proto.extend(defaults)
    return proto


def hidden_places(values):
    """A model for every place of the format that can carry a tensor; `values(name)` is what it carries."""
    node = helper.make_node
    constant = node("Constant", [], ["w"], name="c", value=values("v"))
    default = helper.make_attribute("value", values("v"))
    reading = node("Constant", [], ["w"], name="c", value=values("v"))
    reading.attribute[0].Clear()
    reading.attribute[0].name = "value"
    reading.attribute[0].ref_attr_name = "value"
    reading.attribute[0].type = onnx.AttributeProto.TENSOR
    branch = helper.make_graph([node("Identity", ["v"], ["w"])], "b", [], [port("w", [4])], [values("v")])
    scattered = sparse(values("w"), ints("i", [0, 1, 2, 3]), [4])
    inner = helper.make_graph([], "b", [], [port("w", [4])])
    inner.sparse_initializer.append(scattered)
    return {
        "initializer": model(weights=[values("w")]),
        "constant": model([constant, add()], []),
        "sparse": with_sparse(scattered),
        "sparse_constant": model([node("Constant", [], ["w"], name="c", sparse_value=scattered), add()], []),
        "branch": branching(helper.make_graph([constant], "b", [], [port("w", [4])])),
        "branch_initializer": branching(branch),
        "branch_sparse": branching(inner),
        "function": calling(function([constant])),
        "function_default": calling(function([reading], defaults=[default])),
    }


def hidden_cases():
    """External data where a check of the initializers alone would miss it."""
    layers = {
        "valid": "weights.bin", "parent": "../weights.bin", "link": "link.bin", "linked_directory": "linked/weights.bin",
        "hard_link": "hard.bin", "pipe": "pipe.bin",
    }
    for layer, place in layers.items():
        for name, proto in hidden_places(lambda label: external(label, location=place, offset="16", length="16")).items():
            case(f"{name}_at_{layer}", proto, *((None, "float32[2, 4]") if layer == "valid" else ("externalData",)))
    evil = external("v", location="../weights.bin", length="16")
    unused = helper.make_node("Relu", ["x"], ["r"], name="r", secret=evil)
    case("any_attribute_parent", model([unused, add()]), "externalData")
    where = external("i", (4,), location="../weights.bin")
    where.data_type = TensorProto.INT64
    case("sparse_indices_parent", with_sparse(sparse(inside("w"), where, [4])), "externalData")
    proto = model()
    proto.training_info.add().algorithm.CopyFrom(helper.make_graph([], "b", [], []))
    case("training_info", proto, "unsupported")
    listed = helper.make_node("Relu", ["x"], ["r"], name="r")
    listed.attribute.add(name="t", type=onnx.AttributeProto.TENSORS).tensors.append(evil)
    case("tensors_attribute", model([listed, add()]), "unsupported")
    case("url", model(weights=[external(location="https://example.com/weights.bin")]), "externalData")


def sparse_cases():
    one = inside("w", [5], [1])
    case("sparse_inside", with_sparse(sparse(one, ints("i", [2]), [4])), None, "float32[2, 4]")
    case("sparse_pairs", with_sparse(sparse(inside("w", [1, 2], [2]), ints("i", [0, 1, 1, 3], [2, 2]), [2, 4])), None, "float32[2, 4]")
    case("sparse_nothing", with_sparse(sparse(inside("w", [], [0]), ints("i", [], [0]), [4])), None, "float32[2, 4]")
    case("sparse_outside", with_sparse(sparse(one, ints("i", [4]), [4])), "malformed")
    case("sparse_minimum", with_sparse(sparse(one, ints("i", [-BIG - 1]), [4])), "malformed")
    case("sparse_pair_outside", with_sparse(sparse(one, ints("i", [0, 4], [1, 2]), [2, 4])), "malformed")
    case("sparse_descending", with_sparse(sparse(inside("w", [1, 2], [2]), ints("i", [2, 1]), [4])), "malformed")
    case("sparse_twice", with_sparse(sparse(inside("w", [1, 2], [2]), ints("i", [2, 2]), [4])), "malformed")
    case("sparse_short", with_sparse(sparse(inside("w", [1, 2], [2]), ints("i", [2]), [4])), "malformed")
    case("sparse_huge", with_sparse(sparse(one, ints("i", [2]), [1 << 33])), "tooLarge")
    case("sparse_overflow", with_sparse(sparse(one, ints("i", [2]), [1 << 40, 1 << 40])), "tooLarge")
    case("sparse_negative", with_sparse(sparse(one, ints("i", [2]), [-4])), "malformed")
    case("sparse_empty", with_sparse(onnx.SparseTensorProto()), "malformed")


def scope_cases():
    """Branches, loops and functions that do not end, collide or hide names."""
    node = helper.make_node
    case("recursion", calling(function([node("f", [], ["w"], domain="d")])), "structure")
    case("recursion_in_turn", calling(
        function([node("g", [], ["w"], domain="d")]), function([node("f", [], ["w"], domain="d")], "g")), "structure")
    inner = helper.make_graph([node("f", [], ["w"], domain="d")], "b", [], [port("w", [4])])
    case("recursion_in_branch", calling(function([
        node("Constant", [], ["c"], value=inside("", [1], [], TensorProto.BOOL)),
        node("If", ["c"], ["w"], then_branch=inner, else_branch=inner)])), "structure")
    doubled = [function([node(f"f{level + 1}", [], ["a"], domain="d"), node(f"f{level + 1}", [], ["w"], domain="d")], f"f{level}")
        for level in range(40)]
    last = function([node("Constant", [], ["w"], value=inside())], "f40")
    case("doubling_functions", calling(*doubled, last, call=node("f0", [], ["w"], name="call", domain="d")), "tooLarge")
    case("chained_functions", calling(function([node("g", [], ["w"], domain="d")]), function([node("Constant", [], ["w"], value=inside())], "g")),
        None, "float32[2, 4]")

    def loop(body, count=BIG, carried=()):
        inputs = [port("i", [], TensorProto.INT64), port("go", [], TensorProto.BOOL), *(port(name, [4]) for name in carried)]
        graph = helper.make_graph(body, "b", inputs, [port("go", [], TensorProto.BOOL), port("o", [4])])
        looped = node("Loop", ["n", "c"] + (["w0"] if carried else []), ["w"], name="loop", body=graph)
        weights = [ints("n", [count], []), inside("c", [1], [], TensorProto.BOOL), inside("w0")]
        return model([looped, add()], weights)

    case("loop", loop([add("v", "v", "o")], 3, ["v"]), None, "float32[2, 4]")
    case("loop_endless", loop([add("v", "v", "o")], BIG, ["v"]), "tooLarge")
    case("loop_endless_empty", loop([], BIG, ["o"]), "tooLarge")
    case("loop_fills_memory", loop([
        node("Constant", [], ["s"], value=ints("", [60000])), node("ConstantOfShape", ["s"], ["large"], value=ints("", [1])),
        add("v", "v", "o")], 200000, ["v"]), "node")
    wide = loop([node("Constant", [], ["s"], value=ints("", [60000])), node("ConstantOfShape", ["s"], ["o"])], 100000)
    case("loop_collects_much", wide, "tooLarge")
    yes = inside("c", [1], [], TensorProto.BOOL)

    def chosen(level):
        body = [node("Identity", ["w0"], ["w"])] if level == 0 else [node("If", ["c"], ["w"], name="if", then_branch=chosen(level - 1), else_branch=chosen(0))]
        return helper.make_graph(body, "b", [], [port("w", [4])])

    def nested(level):
        decide = node("If", ["c"], ["w"], name="if", then_branch=chosen(level), else_branch=chosen(0))
        return model([decide, add()], [yes, inside("w0")])

    case("branches_in_branches", nested(12), None, "float32[2, 4]")
    case("branches_too_deep", nested(30), "tooLarge")
    branch = helper.make_graph([node("Identity", ["w0"], ["o"])], "b", [], [port("o", [4])])
    twins = [node("If", ["c"], [name], name="same", then_branch=branch, else_branch=branch) for name in ("w", "v")]
    case("nodes_of_one_name", model(twins + [add()], [yes, inside("w0")]), None, "float32[2, 4]")
    case("branch_without_condition", model([node("If", [], ["w"], then_branch=branch, else_branch=branch), add()], [inside("w0")]), "node")
    case("loop_without_inputs", model([node("Loop", [], ["w"], body=branch), add()], [inside("w0")]), "node")
    case("scan_of_nothing", model([node("Scan", [], ["w"], body=branch, num_scan_inputs=BIG >> 33), add()], [inside("w0")]), "node")


def convolution_cases():
    """microsoft/onnxruntime#28731, onnx/onnx#6180 and their neighbours: attributes and ranks that contradict each other."""

    def conv(weight, inputs=(1, 2, 8, 8), operator="Conv", **attributes):
        read = ["x"] if weight is None else ["x", "w"]
        weights = [] if weight is None else [inside("w", [0.5] * int(np.prod(weight)), weight)]
        return model([helper.make_node(operator, read, ["y"], name="conv", **attributes)], weights, [port("x", inputs)], [port("y", None)])

    case("conv", conv((3, 2, 3, 3), pads=[1, 1, 1, 1]), None, "float32[1, 3, 8, 8]")
    case("conv_weight_rank", conv((3, 2, 3, 3, 3)), "node")
    case("conv_weight_rank_dilated", conv((3, 2, 3, 3, 3), dilations=[1, 1]), "node")
    case("conv_input_rank", conv((3, 2, 3, 3), (1, 2, 8, 8, 8)), "node")
    case("conv_scalar", conv((), (1, 2, 8, 8)), "node")
    case("conv_input_scalar", conv((3, 2, 3, 3), ()), "node")
    case("conv_kernel_longer", conv((3, 2, 3, 3), kernel_shape=[3, 3, 3]), "node")
    case("conv_dilations_shorter", conv((3, 2, 3, 3), dilations=[1]), "node")
    case("conv_strides_longer", conv((3, 2, 3, 3), strides=[1, 1, 1]), "node")
    case("conv_pads_shorter", conv((3, 2, 3, 3), pads=[1, 1]), "node")
    case("conv_pads_negative", conv((3, 2, 3, 3), pads=[-9, 0, 0, 0]), "node")
    case("conv_stride_zero", conv((3, 2, 3, 3), strides=[0, 1]), "node")
    case("conv_stride_minimum", conv((3, 2, 3, 3), strides=[-(1 << 31), 1]), "node")
    case("conv_dilation_huge", conv((3, 2, 3, 3), dilations=[(1 << 31) - 1, 1]), "node")
    case("conv_pads_huge", conv((3, 2, 3, 3), pads=[(1 << 31) - 1] * 4), "node")
    case("conv_no_group", conv((3, 2, 3, 3), group=0), "node")
    case("conv_group_negative", conv((3, 2, 3, 3), group=-1), "node")
    case("conv_empty_kernel", conv((3, 2, 0, 3)), "node")
    case("pool_kernel_huge", conv(None, operator="MaxPool", kernel_shape=[(1 << 31) - 1] * 2), "node")
    case("pool_no_kernel", conv(None, operator="MaxPool"), "node")
    case("pool_stride_zero", conv(None, operator="AveragePool", kernel_shape=[2, 2], strides=[0, 0]), "node")


def tensor_cases():
    short = inside()
    short.ClearField("float_data")
    short.raw_data = bytes(12)
    case("raw_short", model(weights=[short]), "malformed")
    case("typed_short", model(weights=[TensorProto(name="w", data_type=1, dims=[4], float_data=[1, 2, 3])]), "malformed")
    case("typed_wrong_field", model(weights=[TensorProto(name="w", data_type=1, dims=[2], int64_data=[1, 2])]), "malformed")
    case("negative_dim", model(weights=[TensorProto(name="w", data_type=1, dims=[-4])]), "malformed")
    case("high_rank", model(weights=[TensorProto(name="w", data_type=1, dims=[1] * 40, float_data=[1])]), "tooLarge")
    case("byte_overflow", model(weights=[TensorProto(name="w", data_type=3, dims=[4], int32_data=[1, 2, 300, 4])]), "malformed")
    case("bool_two", model(weights=[TensorProto(name="w", data_type=9, dims=[1], int32_data=[2])]), "malformed")
    case("strings", model(weights=[TensorProto(name="w", data_type=8, dims=[1], string_data=[b"a"])]), "unsupported")
    case("float8", model(weights=[TensorProto(name="w", data_type=17, dims=[1], raw_data=b"a")]), "node")
    case("bool_raw_two", model(weights=[TensorProto(name="w", data_type=9, dims=[1], raw_data=b"\2")]), "malformed")
    case("type_999", model(weights=[TensorProto(name="w", data_type=999, dims=[1], raw_data=b"a")]), "unsupported")
    segment = inside()
    segment.segment.begin = 1
    case("segment", model(weights=[segment]), "unsupported")
    case("unnamed_initializer", model(weights=[inside("")]), "malformed")


def structure_cases():
    relu = helper.make_node("Relu", ["h"], ["y"], name="relu")
    case("unsorted", model([relu, add(y="h")]), "structure")
    case("cyclic", model([add(x="y", y="h"), relu]), "structure")
    case("self_reading", model([add(x="y")]), "structure")
    case("undefined_input", model([add(w="nowhere")]), "structure")
    case("undefined_output", model(outputs=[port("z", ["n", 4])]), "structure")
    case("duplicate_output", model([add(), add(name="again")]), "structure")
    case("duplicate_initializer", model(weights=[inside(), inside()]), "structure")
    case("output_shadows_input", model([add(y="x")], outputs=[port("x", ["n", 4])]), "structure")
    case("duplicate_input", model(inputs=[port("x", ["n", 4]), port("x", ["n", 4])]), "structure")
    case("no_outputs", model(outputs=[]), "structure")
    case("wrong_rank", model(outputs=[port("y", [4])]), "structure")
    case("wrong_size", model(outputs=[port("y", ["n", 5])]), "structure")
    case("wrong_symbol", model(outputs=[port("y", [4, "n"])]), "structure")
    case("wrong_type", model(outputs=[port("y", ["n", 4], TensorProto.INT64)]), "structure")
    case("not_broadcastable", model(weights=[inside(values=[1, 2, 3], dims=[3])]), "node")
    case("too_few_inputs", model([helper.make_node("Add", ["x"], ["y"], name="add")]), "node")
    case("absent_required", model([add(w="")]), "node")
    case("extra_output", model([helper.make_node("Add", ["x", "w"], ["y", "z"], name="add")]), "node")
    case("unknown_attribute", model([add(axis=1)]), "node")
    case("huge_attribute", model([add(axis=BIG)]), "node")
    case("duplicate_attribute", duplicate_attribute(), "malformed")
    case("unbound", model(inputs=[port("x", ["m", 4])], outputs=[port("y", None)]), "binding")
    case("no_dimension", model(inputs=[port("x", [None, 4])]), "binding")
    case("huge_input", model(inputs=[port("x", [1 << 40, 1 << 40])]), "tooLarge")
    foreign = [helper.make_node("Foo", ["x"], ["a"]), helper.make_node("Bar", ["a"], ["b"]), helper.make_node("Foo", ["b"], ["y"])]
    case("unknown_operators", model(foreign), "unsupportedOperator")
    gelu = helper.make_node("Gelu", ["x"], ["y"], domain="com.microsoft")
    case("foreign_domain", model([gelu]), "unsupportedOperator")
    sequence = model(inputs=[helper.make_tensor_sequence_value_info("x", TensorProto.FLOAT, [4])])
    case("sequence_input", sequence, "node")
    case("opset_0", model(opset=0), "unsupportedOperator")
    case("opset_6", model(opset=6), "unsupportedOperator")
    case("opset_26", model(opset=26), "unsupportedOpset")
    scaler = model([helper.make_node("Scaler", ["x"], ["y"], domain="ai.onnx.ml")], [])
    scaler.opset_import[0].domain = "ai.onnx.ml"
    case("foreign_domain_alone", scaler, "unsupportedOperator")
    scaler = model([helper.make_node("Scaler", ["x"], ["a"], domain="ai.onnx.ml"), helper.make_node("Relu", ["a"], ["y"])], [])
    scaler.opset_import[0].domain = "ai.onnx.ml"
    case("default_domain_absent", scaler, "malformed")
    everything = model(
        foreign + [gelu, listed_types(), helper.make_node("Foo", ["y"], ["z"])],
        [TensorProto(name="t", data_type=8, dims=[1], string_data=[b"a"]), TensorProto(name="u", data_type=14, dims=[0]), inside()], opset=99)
    case("everything_unsupported", everything, "unsupportedOperator")
    odd = [helper.make_node("Relu", ["x"], ["a"], name="first", slope=1), helper.make_node("Relu", ["a"], ["h"], name="second", power=2), add("h")]
    case("unknown_attributes", model(odd), "node")
    proto = model()
    proto.opset_import.add(domain="ai.onnx", version=13)
    case("two_opsets", proto, "malformed")
    proto = model()
    del proto.opset_import[:]
    case("no_opset", proto, "malformed")
    case("no_graph", onnx.ModelProto(ir_version=8), "malformed")
    case("text", b"This is not a model, it is a text that somebody renamed.\n", "malformed")
    nested = b""
    for _ in range(300):
        nested = b"\x32" + varint(len(nested)) + nested  # AttributeProto.g
        nested = b"\x2a" + varint(len(nested)) + nested  # NodeProto.attribute
        nested = b"\x0a" + varint(len(nested)) + nested  # GraphProto.node
    case("nested", b"\x08\x08\x3a" + varint(len(nested)) + nested, "tooLarge")
    case("group", model().SerializeToString() + b"\x9b\x06\x9c\x06", "malformed")


def varint(value):
    result = b""
    while value >= 0x80:
        result += bytes([value & 0x7F | 0x80])
        value >>= 7
    return result + bytes([value])


def listed_types():
    node = helper.make_node("Relu", ["x"], ["r"], name="typed")
    node.attribute.add(name="kind", type=onnx.AttributeProto.TYPE_PROTO)
    return node


def duplicate_attribute():
    node = add(axis=1)
    node.attribute.append(node.attribute[0])
    return model([node])


def size_cases():
    """Arithmetic on sizes: what exporters write, and what would trap in a careless evaluator."""
    node = helper.make_node
    case("reshape_huge", sized([], [ints("shape", [1 << 62, 4])]), "node")
    case("reshape_overflow", sized([], [ints("shape", [1 << 32, 1 << 32, 0])]), "node")
    case("reshape_negative", sized([], [ints("shape", [-2, 4])]), "node")
    case("reshape_minimum", sized([], [ints("shape", [-BIG - 1, 4])]), "node")
    case("divide_by_zero", sized([node("Div", ["a", "b"], ["shape"])], [ints("a", [8, 4]), ints("b", [0, 1])]), "node")
    case("divide_minimum", sized([node("Div", ["a", "b"], ["shape"])], [ints("a", [-BIG - 1]), ints("b", [-1])]), "node")
    case("multiply_overflow", sized([node("Mul", ["a", "a"], ["shape"])], [ints("a", [1 << 40])]), "node")
    case("negate_minimum", sized([node("Neg", ["a"], ["shape"])], [ints("a", [-BIG - 1])]), "node")
    case("range_huge", sized([node("Range", ["a", "b", "c"], ["shape"])], [ints("a", [0], []), ints("b", [BIG], []), ints("c", [1], [])]), "node")
    case("range_no_step", sized([node("Range", ["a", "b", "c"], ["shape"])], [ints("a", [0], []), ints("b", [9], []), ints("c", [0], [])]), "node")
    case("fill_huge", sized([node("ConstantOfShape", ["a"], ["shape"], value=ints("", [1]))], [ints("a", [1 << 62])]), "node")
    case("gather_outside", sized([node("Shape", ["x"], ["s"]), node("Gather", ["s", "i"], ["shape"])], [ints("i", [2])]), "node")
    case("expand_negative", sized([node("Expand", ["a", "b"], ["shape"])], [ints("a", [1]), ints("b", [-4])]), "node")
    case("slice_extremes", sized(
        [node("Shape", ["x"], ["s"]), node("Slice", ["s", "a", "b"], ["shape"])], [ints("a", [-BIG - 1]), ints("b", [BIG])]), None, "float32[2, 4]")
    case("slice_no_step", sized(
        [node("Shape", ["x"], ["s"]), node("Slice", ["s", "a", "b", "a", "a"], ["shape"])], [ints("a", [0]), ints("b", [BIG])]), "node")
    case("runtime_shape", model([node("Reshape", ["x", "s"], ["y"], name="reshape")], [],
        inputs=[port("x", ["n", 4]), port("s", [2], TensorProto.INT64)]), "binding")
    flat = [
        node("Shape", ["x"], ["s"]), node("Gather", ["s", "zero"], ["n"]), node("Constant", [], ["two"], value_int=2),
        node("Mul", ["n", "two"], ["m"]), node("Constant", [], ["axes"], value_ints=[0]),
        node("Unsqueeze", ["m", "axes"], ["first"]), node("Concat", ["first", "rest"], ["shape"], axis=0),
    ]
    case("exporter_chain", sized(flat, [ints("zero", [0], []), ints("rest", [-1])], ["m", 2]), None, "float32[4, 2]")
    cast = [
        node("Shape", ["x"], ["s"], start=-1), node("Cast", ["s"], ["f"], to=1), node("Sqrt", ["f"], ["r"]),
        node("Identity", ["r"], ["i"]), node("Mul", ["x", "i"], ["y"], name="scale"),
    ]
    case("exporter_scale", model(cast, []), None, "float32[2, 4]")
    where = [
        node("ConstantOfShape", ["one"], ["ones"], value=ints("", [1])), node("Mul", ["ones", "minus"], ["unknown"]),
        node("Equal", ["wanted", "unknown"], ["is"]), node("Where", ["is", "ones", "wanted"], ["shape"]),
        node("Expand", ["w", "shape"], ["e"], name="expand"), add(w="e"),
    ]
    case("exporter_expand", model(where, [ints("one", [2]), ints("minus", [-1]), ints("wanted", [2, -1]), inside(values=[1, 2, 3, 4], dims=[1, 4])]),
        None, "float32[2, 4]")
    drop = [node("Dropout", ["x", "", "off"], ["d", "mask"], name="drop"), add(x="d")]
    case("dropout", model(drop, [inside(), inside("off", [0], [], TensorProto.BOOL)]), None, "float32[2, 4]")
    case("dropout_training", model(drop, [inside(), inside("off", [1], [], TensorProto.BOOL)]), "node")
    case("dropout_mask", model(drop + [node("Cast", ["mask"], ["z"], to=1)], [inside(), inside("off", [0], [], TensorProto.BOOL)]), None, "float32[2, 4]")
    case("initializer_is_input", model(inputs=[port("x", ["n", 4]), port("w", [4])]), None, "float32[2, 4]")
    case("output_is_input", model([node("Identity", ["x"], ["y"])], []), None, "float32[2, 4]")
    case("output_is_constant", model([add(y="h")], outputs=[port("w", [4])]), None, "float32[4]")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.glob("*.onnx"):
        old.unlink()
    (OUT / "weights.bin").write_bytes(np.arange(16, dtype="<f4").tobytes())
    external_cases()
    hidden_cases()
    sparse_cases()
    scope_cases()
    convolution_cases()
    tensor_cases()
    structure_cases()
    size_cases()
    text = {"made_by": f"Scripts/golden/onnx_malicious.py, onnx {onnx.__version__}", "n": 2, "cases": cases}
    (OUT / "cases.json").write_text(json.dumps(text, indent=1) + "\n")
    print(len(cases), "cases")


main()
