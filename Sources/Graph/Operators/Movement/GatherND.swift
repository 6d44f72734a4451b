/// Slices of `data` that the last axis of int64 `indices` names by their place along its leading axes. ONNX `GatherND` 13.
///
/// Negative indices count from the end; an index outside its axis is an error when it runs.
package struct GatherND: OnnxOperator {
    package static let schema = OperatorSchema("GatherND", inputs: ["data", "indices"])

    /// Leading axes that data and indices share.
    package let batchAxes: Int

    package init(batchAxes: Int = 0) {
        self.batchAxes = batchAxes
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.batchAxes = try reader.int("batch_dims") ?? 0
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let data = try self.type(inputs, 0)
        let indices = try self.type(inputs, 1)
        let slice = try self.sliceShape(indices, data, batchAxes: self.batchAxes)
        return [TensorType(data.dataType, indices.shape.dropLast() + slice)]
    }

    package var gradient: Gradient { .none(reason: "not used in training") }

    package func onnx(opset: Int) -> OnnxSpelling { .node(OnnxNode("GatherND", [("batch_dims", .int(self.batchAxes))])) }
}

extension Operator {
    /// The shape of the slices that the last axis of `indices` names; throws when it does not fit `data`.
    func sliceShape(_ indices: TensorType, _ data: TensorType, batchAxes: Int = 0) throws(GraphError) -> [Int] {
        guard let depth = indices.shape.last, indices.dataType == .int64, batchAxes >= 0, batchAxes < indices.rank,
            batchAxes < data.rank, depth <= data.rank - batchAxes,
            indices.shape.prefix(batchAxes) == data.shape.prefix(batchAxes)
        else { throw GraphError(.shape, self.name, "indices are \(indices) for \(data)") }
        return Array(data.shape[(batchAxes + depth)...])
    }
}
