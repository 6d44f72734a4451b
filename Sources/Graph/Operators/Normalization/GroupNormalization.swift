/// Normalises groups of channels of every image to mean 0 and variance 1, then scales and shifts.
///
/// x: [N, C, spatial...]; scale and bias: one number per channel, or one per group. ONNX `InstanceNormalization` 6 where
/// every channel is its own group, `GroupNormalization` 21, and its form of opset 18 with parameters per group.
package struct GroupNormalization: OnnxOperator {
    package static let schema = OperatorSchema("GroupNormalization", inputs: ["x", "scale", "bias"])

    /// Nil for one group per channel.
    package let groups: Int?
    package let epsilon: Float

    package init(groups: Int?, epsilon: Float = 1e-5) {
        self.groups = groups
        self.epsilon = epsilon
    }

    package static var onnxTypes: [String] { ["GroupNormalization", "InstanceNormalization"] }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        var groups: Int?
        if reader.type == "GroupNormalization" {
            groups = try reader.int("num_groups")
            guard groups != nil else { throw GraphError(.attribute, reader.type, "num_groups is absent") }
            guard try reader.int("stash_type") ?? 1 == 1 else {
                throw GraphError(.unsupported, reader.type, "stash_type other than float32")
            }
        }
        self.init(groups: groups, epsilon: try reader.float("epsilon") ?? 1e-5)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.unaryType(inputs, ElementTypes.floating)[0]
        guard x.rank >= 2 else { throw GraphError(.shape, self.name, "x is \(x), needs two axes") }
        let groups = self.groups ?? x.shape[1]
        guard groups >= 0, groups > 0 || x.shape[1] == 0, groups == 0 || x.shape[1].isMultiple(of: groups) else {
            throw GraphError(.attribute, self.name, "\(groups) groups of the channels of \(x)")
        }
        let scale = try self.type(inputs, 1)
        guard scale == (try self.type(inputs, 2)), scale.dataType == x.dataType, scale.rank == 1,
            [groups, x.shape[1]].contains(scale.shape[0])
        else { throw GraphError(.shape, self.name, "scale is \(scale), bias \(try self.type(inputs, 2)), x \(x)") }
        return [x]
    }

    package var gradient: Gradient { .none(reason: "inference only") }

    /// Groups are instances of a tensor that has them as channels; before opset 21 their parameters are written behind.
    package func onnx(opset: Int) -> OnnxSpelling {
        guard let groups = self.groups else {
            return .node(OnnxNode("InstanceNormalization", [("epsilon", .float(self.epsilon))]))
        }
        return .lowered { (graph, inputs) throws(GraphError) in
            guard let x = inputs[0], let scale = inputs[1], let bias = inputs[2] else {
                throw GraphError(.arity, self.name, "an input is absent")
            }
            let type = graph[x].type
            guard graph[scale].type.shape[0] != groups else {
                let rows = try graph.apply(Reshape([type.shape[0], groups, -1]), x)
                let y = try graph.apply(GroupNormalization(groups: nil, epsilon: self.epsilon), rows, scale, bias)
                return [try graph.apply(Reshape(type.shape), y)]
            }
            let one = graph.constant(Tensor(scalar: 1, type.dataType), name: "one")
            let zero = graph.constant(Tensor(scalar: 0, type.dataType), name: "zero")
            let plain = GroupNormalization(groups: groups, epsilon: self.epsilon)
            let y = try graph.apply(plain, x, try graph.apply(Expand([groups]), one), try graph.apply(Expand([groups]), zero))
            let shape = [type.shape[1]] + [Int](repeating: 1, count: type.rank - 2)
            let scaled = try graph.apply(Mul(), y, try graph.apply(Reshape(shape), scale))
            return [try graph.apply(Add(), scaled, try graph.apply(Reshape(shape), bias))]
        }
    }
}
