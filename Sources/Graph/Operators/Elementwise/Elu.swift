/// `x` where it is not negative, `alpha * (exp(x) - 1)` elsewhere. ONNX `Elu` 22.
package struct Elu: OnnxOperator {
    package static let schema = OperatorSchema("Elu", inputs: ["x"])

    package let alpha: Float

    package init(alpha: Float = 1) {
        self.alpha = alpha
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.init(
            alpha: try reader.float("alpha") ?? 1)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }

    package func onnx(opset: Int) -> OnnxSpelling {
        .node(OnnxNode("Elu", [("alpha", .float(self.alpha))]))
    }
}
