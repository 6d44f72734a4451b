/// Joins tensors along an axis; the other sizes are equal. ONNX `Concat` 13.
package struct Concat: OnnxOperator {
    package static let schema = OperatorSchema("Concat", inputs: ["inputs"], isVariadic: true)

    package let axis: Int

    package init(axis: Int) {
        self.axis = axis
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        guard let axis = try reader.int("axis") else { throw GraphError(.attribute, "Concat", "axis is absent") }
        self.axis = axis
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let first = try self.type(inputs, 0)
        let axis = try self.normalizedAxis(self.axis, rank: first.rank)
        var result = first
        for index in inputs.indices.dropFirst() {
            let next = try self.type(inputs, index)
            var aligned = next
            if next.rank == first.rank { aligned.shape[axis] = first.shape[axis] }
            guard aligned == first else { throw GraphError(.shape, "Concat", "\(first) and \(next) along axis \(axis)") }
            result.shape[axis] += next.shape[axis]
        }
        return [result]
    }

    package var gradient: Gradient {
        let op = self
        return .rule { (context) throws(GraphError) in
            let dy = try context.dy()
            let axis = try op.normalizedAxis(op.axis, rank: context.type(dy).rank)
            let types = context.node.inputs.compactMap { $0.map(context.type) }
            var gradients: [ValueID?] = []
            var start = 0
            for (index, type) in types.enumerated() {
                let end = start + type.shape[axis]
                let slice = Slice(starts: [start], ends: [end], axes: [axis])
                gradients.append(context.needs(index) ? try context.emit(slice, dy) : nil)
                start = end
            }
            return gradients
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling { .node(OnnxNode("Concat", [("axis", .int(self.axis))])) }
}
