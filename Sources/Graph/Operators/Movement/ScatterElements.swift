/// `data` with `updates` at the places along an axis that int64 or int32 `indices` say. ONNX `ScatterElements` 18.
///
/// Negative indices count from the end; an index outside the axis is an error when it runs.
package struct ScatterElements: OnnxOperator {
    package static let schema = OperatorSchema("ScatterElements", inputs: ["data", "indices", "updates"])
    package static let onnxTypes = ["ScatterElements", "Scatter"]

    package let axis: Int
    package let reduction: ScatterReduction

    package init(axis: Int = 0, reduction: ScatterReduction = .none) {
        self.axis = axis
        self.reduction = reduction
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.init(axis: try reader.int("axis") ?? 0, reduction: try ScatterReduction(onnx: &reader))
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let data = try self.type(inputs, 0)
        let indices = try self.type(inputs, 1)
        let updates = try self.type(inputs, 2)
        try self.checkElementIndices(indices, data, axis: self.axis)
        try self.reduction.check(data, updates, in: self.name)
        guard updates.shape == indices.shape else {
            throw GraphError(.shape, self.name, "indices are \(indices), updates are \(updates)")
        }
        return [data]
    }

    package var gradient: Gradient { .none(reason: "not used in training") }

    package func onnx(opset: Int) -> OnnxSpelling {
        guard let attributes = self.reduction.attributes(opset: opset) else {
            return .none(reason: "reduction \(self.reduction) needs a later opset")
        }
        return .node(OnnxNode("ScatterElements", [("axis", .int(self.axis))] + attributes))
    }
}
