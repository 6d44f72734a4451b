/// The gradient of `Sigmoid` from its output `y` and `dy`.
package struct SigmoidGradient: Operator {
    package static let schema = OperatorSchema("SigmoidGradient", inputs: ["y", "dy"], outputs: ["dx"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.pairType(inputs)
    }

    package var gradient: Gradient { .none(reason: "second derivatives are not built") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
