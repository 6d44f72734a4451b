/// The gradient of `Silu` from its input `x` and `dy`.
package struct SiluGradient: Operator {
    package static let schema = OperatorSchema("SiluGradient", inputs: ["x", "dy"], outputs: ["dx"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.pairType(inputs)
    }

    package var gradient: Gradient { .none(reason: "second derivatives are not built") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
