/// The place of the largest element along an axis, int64; NaN wins. ONNX `ArgMax` 13.
package struct ArgMax: OnnxOperator {
    package static let schema = OperatorSchema("ArgMax", inputs: ["data"], outputs: ["reduced"])

    package let reduction: ArgReduction

    package init(_ reduction: ArgReduction) {
        self.reduction = reduction
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.reduction = try ArgReduction(onnx: &reader)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.argType(inputs, self.reduction)
    }

    package var gradient: Gradient { .none(reason: "the result is a place") }

    package func onnx(opset: Int) -> OnnxSpelling { .node(OnnxNode("ArgMax", self.reduction.attributes)) }
}
