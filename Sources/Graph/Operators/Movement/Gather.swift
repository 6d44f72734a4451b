/// Slices of `data` along an axis, chosen by int64 or int32 `indices`, whose shape replaces the axis. ONNX `Gather` 13.
///
/// Negative indices count from the end; an index outside the axis is an error when it runs.
package struct Gather: OnnxOperator {
    package static let schema = OperatorSchema("Gather", inputs: ["data", "indices"])

    package let axis: Int

    package init(axis: Int = 0) {
        self.axis = axis
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.axis = try reader.int("axis") ?? 0
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let data = try self.type(inputs, 0)
        let indices = try self.type(inputs, 1)
        let axis = try self.normalizedAxis(self.axis, rank: data.rank)
        guard indices.dataType == .int64 || indices.dataType == .int32 else {
            throw GraphError(.dataType, "Gather", "indices are \(indices)")
        }
        return [TensorType(data.dataType, Array(data.shape[..<axis]) + indices.shape + Array(data.shape[(axis + 1)...]))]
    }

    package var gradient: Gradient {
        let op = self
        return .rule { (context) throws(GraphError) in
            let scatter = GatherGradient(gather: op, shape: context.type(try context.input(0)).shape)
            return [context.needs(0) ? try context.emit(scatter, try context.input(1), try context.dy()) : nil, nil]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling { .node(OnnxNode("Gather", [("axis", .int(self.axis))])) }
}
