/// The gradient of `Gelu` from its input `x` and `dy`.
package struct GeluGradient: Operator {
    package static let schema = OperatorSchema("GeluGradient", inputs: ["x", "dy"], outputs: ["dx"])

    package let approximate: Gelu.Approximation

    package init(approximate: Gelu.Approximation = .none) {
        self.approximate = approximate
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.pairType(inputs)
    }

    package var gradient: Gradient { .none(reason: "second derivatives are not built") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
