/// The gradient of `Softmax` from its output: `y * (dy - sum(y * dy))`, sums along the axis.
package struct SoftmaxGradient: Operator {
    package static let schema = OperatorSchema("SoftmaxGradient", inputs: ["y", "dy"], outputs: ["dx"])

    package let forward: Softmax

    package init(forward: Softmax) {
        self.forward = forward
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.gradientFromOutputTypes(inputs, forward: self.forward)
    }

    package var gradient: Gradient { .none(reason: "second derivatives are not supported") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
