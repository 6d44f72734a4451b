/// Elements of `data` whose place along an axis int64 or int32 `indices` say, one for each index. ONNX `GatherElements` 13.
///
/// Negative indices count from the end; an index outside the axis is an error when it runs.
package struct GatherElements: OnnxOperator {
    package static let schema = OperatorSchema("GatherElements", inputs: ["data", "indices"])

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
        try self.checkElementIndices(indices, data, axis: self.axis)
        return [TensorType(data.dataType, indices.shape)]
    }

    package var gradient: Gradient { .none(reason: "not used in training") }

    package func onnx(opset: Int) -> OnnxSpelling { .node(OnnxNode("GatherElements", [("axis", .int(self.axis))])) }
}

extension Operator {
    /// Throws unless `indices` are integers that lie within `data` along every other axis than `axis`.
    func checkElementIndices(_ indices: TensorType, _ data: TensorType, axis: Int) throws(GraphError) {
        let axis = try self.normalizedAxis(axis, rank: data.rank)
        let fits =
            indices.rank == data.rank
            && indices.shape.indices.allSatisfy { $0 == axis || indices.shape[$0] <= data.shape[$0] }
        guard fits, indices.dataType == .int64 || indices.dataType == .int32 else {
            throw GraphError(.shape, self.name, "indices are \(indices) for \(data)")
        }
    }
}
