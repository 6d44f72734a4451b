/// The gradient of `DiceLoss` with respect to its logits, from the loss's gradient, its `parts` and its inputs.
package struct DiceLossGradient: Operator {
    package static let schema = OperatorSchema(
        "DiceLossGradient", inputs: ["dloss", "parts", "logits", "targets"], optional: ["mask"], outputs: ["dlogits"])

    package let forward: DiceLoss

    package init(forward: DiceLoss) {
        self.forward = forward
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.checkLossValues(inputs, try self.forward.outputTypes(Array(inputs.dropFirst(2))))
        return [try self.type(inputs, 2)]
    }

    package var gradient: Gradient { .none(reason: "second derivatives are not supported") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
