/// The gradient of `SoftmaxCrossEntropy` with respect to its logits, from the loss's gradient and the loss's inputs.
package struct SoftmaxCrossEntropyGradient: Operator {
    package static let schema = OperatorSchema(
        "SoftmaxCrossEntropyGradient", inputs: ["dloss", "logits", "labels"], optional: ["weights", "mask"], outputs: ["dlogits"])

    package let forward: SoftmaxCrossEntropy

    package init(forward: SoftmaxCrossEntropy) {
        self.forward = forward
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let loss = try self.forward.outputTypes(Array(inputs.dropFirst()))[0]
        guard try self.type(inputs, 0) == loss else {
            throw GraphError(.shape, self.name, "dloss is \(try self.type(inputs, 0)), must be \(loss)")
        }
        return [try self.type(inputs, 1)]
    }

    package var gradient: Gradient { .none(reason: "second derivatives are not supported") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
