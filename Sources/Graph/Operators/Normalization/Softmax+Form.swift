/// What `Softmax` and `LogSoftmax` have in common: one axis along which numbers compete, and its history in ONNX.
package protocol SoftmaxForm: OnnxOperator {
    /// The axis whose exponentials add up to 1, possibly negative.
    var axis: Int { get }

    init(axis: Int)
}

extension SoftmaxForm {
    /// The axis of a node, and whether all axes from it on count as one: so ONNX had it below opset 13.
    static func axis(onnx reader: inout OnnxReader) throws(GraphError) -> (axis: Int, isFlat: Bool) {
        if reader.opset >= 13 { return (try reader.int("axis") ?? -1, false) }
        let axis = try reader.int("axis") ?? 1
        let isLast = axis == -1 || reader.inputs.first??.rank == axis + 1
        return isLast ? (-1, false) : (axis, true)
    }

    /// Reads nodes along one axis; `SoftmaxNode` reads all.
    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let (axis, isFlat) = try Self.axis(onnx: &reader)
        guard !isFlat else {
            throw GraphError(.unsupported, Self.schema.name, "axis \(axis) is not the last one (opset \(reader.opset))")
        }
        self.init(axis: axis)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        guard ElementTypes.floating.contains(x.dataType) else {
            throw GraphError(.dataType, self.name, "input is \(x), must be a floating point number")
        }
        _ = try self.normalizedAxis(self.axis, rank: x.rank)
        return [x]
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        if opset >= 13 || self.axis == -1 { return .node(OnnxNode(Self.schema.name, [("axis", .int(self.axis))])) }
        return .lowered { (graph, inputs) throws(GraphError) in
            guard let x = inputs[0] else { throw GraphError(.arity, Self.schema.name, "the input is absent") }
            let rank = graph[x].type.rank
            let axis = try self.normalizedAxis(self.axis, rank: rank)
            if axis == rank - 1 { return [try graph.apply(Self(axis: -1), x)] }
            var permutation = Array(0..<rank)
            permutation.swapAt(axis, rank - 1)
            let last = try graph.apply(Self(axis: -1), try graph.apply(Transpose(permutation: permutation), x))
            return [try graph.apply(Transpose(permutation: permutation), last)]
        }
    }
}

extension Operator {
    /// The type rule of a gradient whose inputs, an output and its gradient, and whose result have one float32 type.
    package func gradientFromOutputTypes(_ inputs: [TensorType?], forward: any Operator) throws(GraphError) -> [TensorType] {
        let y = try self.type(inputs, 0)
        let dy = try self.type(inputs, 1)
        guard y == dy, y.dataType == .float32 else { throw GraphError(.shape, self.name, "y is \(y), dy is \(dy)") }
        return try forward.outputTypes([y])
    }
}
