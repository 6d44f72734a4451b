/// `gamma` times `x` where it is positive, `gamma * alpha * (exp(x) - 1)` elsewhere. ONNX `Selu` 22.
package struct Selu: OnnxOperator {
    package static let schema = OperatorSchema("Selu", inputs: ["x"])

    package let alpha: Float
    package let gamma: Float

    package init(alpha: Float = 1.673_263_2, gamma: Float = 1.050_701) {
        self.alpha = alpha
        self.gamma = gamma
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.init(
            alpha: try reader.float("alpha") ?? 1.673_263_2,
            gamma: try reader.float("gamma") ?? 1.050_701)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }

    package func onnx(opset: Int) -> OnnxSpelling {
        .node(OnnxNode("Selu", [("alpha", .float(self.alpha)), ("gamma", .float(self.gamma))]))
    }
}
