/// The place of the smallest element along an axis, int64; NaN wins. ONNX `ArgMin` 13.
package struct ArgMin: OnnxOperator {
    package static let schema = OperatorSchema("ArgMin", inputs: ["data"], outputs: ["reduced"])

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

    package func onnx(opset: Int) -> OnnxSpelling { .node(OnnxNode("ArgMin", self.reduction.attributes)) }
}
