/// Cuts a tensor into parts along an axis, one output each. ONNX `Split` 18.
package struct Split: OnnxOperator {
    package static let schema = OperatorSchema("Split", inputs: ["input"])

    package let axis: Int
    /// Sizes of the parts along the axis, in order.
    package let sizes: [Int]

    package init(axis: Int, sizes: [Int]) {
        self.axis = axis
        self.sizes = sizes
    }

    /// Even parts, and those of `num_outputs`, become sizes here.
    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let axis = try reader.int("axis") ?? 0
        let count = try reader.int("num_outputs")
        if let sizes = try reader.ints("split", orInput: 1) {
            self.init(axis: axis, sizes: sizes)
            return
        }
        let parts = count ?? reader.outputCount
        guard let input = reader.inputs.first ?? nil, axis >= -input.rank, axis < input.rank, parts > 0 else {
            throw GraphError(.attribute, "Split", "\(parts) parts along axis \(axis)")
        }
        let size = input.shape[axis < 0 ? axis + input.rank : axis]
        let part = (size + parts - 1) / parts
        guard (parts - 1).multipliedReportingOverflow(by: part).overflow == false, (parts - 1) * part <= size else {
            throw GraphError(.shape, "Split", "\(size) into \(parts) parts")
        }
        guard count != nil || size % parts == 0 else { throw GraphError(.shape, "Split", "\(size) into \(parts) equal parts") }
        self.init(axis: axis, sizes: [Int](repeating: part, count: parts - 1) + [size - (parts - 1) * part])
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        let axis = try self.normalizedAxis(self.axis, rank: x.rank)
        var left = x.shape[axis]
        for size in self.sizes {
            guard size >= 0, size <= left else { throw GraphError(.shape, "Split", "\(x) into \(self.sizes) along axis \(axis)") }
            left -= size
        }
        guard left == 0, !self.sizes.isEmpty else {
            throw GraphError(.shape, "Split", "\(x) into \(self.sizes) along axis \(axis)")
        }
        return self.sizes.map { size in
            var part = x
            part.shape[axis] = size
            return part
        }
    }

    package var gradient: Gradient {
        let axis = self.axis
        return .rule { (context) throws(GraphError) in
            var parts: [ValueID?] = []
            for (output, gradient) in zip(context.outputs, context.outputGradients) {
                let type = context.type(output)
                parts.append(gradient ?? context.graph.constant(Tensor(zeros: type), name: context.node.name + "/zeros"))
            }
            return [try context.emitAll(Concat(axis: axis), parts)[0]]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        .node(OnnxNode("Split", [("axis", .int(self.axis))], constants: [Tensor(axes: self.sizes)]))
    }
}
