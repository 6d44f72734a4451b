/// `data` with `updates` as the slices that the last axis of int64 `indices` names. ONNX `ScatterND` 18.
///
/// Negative indices count from the end; an index outside its axis is an error when it runs.
package struct ScatterND: OnnxOperator {
    package static let schema = OperatorSchema("ScatterND", inputs: ["data", "indices", "updates"])

    package let reduction: ScatterReduction

    package init(reduction: ScatterReduction = .none) {
        self.reduction = reduction
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.init(reduction: try ScatterReduction(onnx: &reader))
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let data = try self.type(inputs, 0)
        let indices = try self.type(inputs, 1)
        let updates = try self.type(inputs, 2)
        let slice = try self.sliceShape(indices, data)
        try self.reduction.check(data, updates, in: self.name)
        guard updates.shape == indices.shape.dropLast() + slice else {
            throw GraphError(.shape, self.name, "indices are \(indices), updates are \(updates)")
        }
        return [data]
    }

    package var gradient: Gradient { .none(reason: "not used in training") }

    package func onnx(opset: Int) -> OnnxSpelling {
        guard let attributes = self.reduction.attributes(opset: opset) else {
            return .none(reason: "reduction \(self.reduction) needs a later opset")
        }
        return .node(OnnxNode("ScatterND", attributes))
    }
}
