/// The gradient of `LogSoftmax` from its output: `dy - exp(y) * sum(dy)`, sums along the axis.
package struct LogSoftmaxGradient: Operator {
    package static let schema = OperatorSchema("LogSoftmaxGradient", inputs: ["y", "dy"], outputs: ["dx"])

    package let forward: LogSoftmax

    package init(forward: LogSoftmax) {
        self.forward = forward
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.gradientFromOutputTypes(inputs, forward: self.forward)
    }

    package var gradient: Gradient { .none(reason: "second derivatives are not supported") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
