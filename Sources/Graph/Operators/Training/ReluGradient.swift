/// The gradient of `Relu` from its output `y`, so that `x` need not be kept, and `dy`.
package struct ReluGradient: Operator {
    package static let schema = OperatorSchema("ReluGradient", inputs: ["y", "dy"], outputs: ["dx"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.pairType(inputs)
    }

    package var gradient: Gradient { .none(reason: "second derivatives are not built") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
