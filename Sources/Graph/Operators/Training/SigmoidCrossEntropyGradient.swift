/// The gradient of `SigmoidCrossEntropy` with respect to its logits, from the loss's gradient, its `count` and its inputs.
package struct SigmoidCrossEntropyGradient: Operator {
    package static let schema = OperatorSchema(
        "SigmoidCrossEntropyGradient", inputs: ["dloss", "count", "logits", "targets"], optional: ["positiveWeight", "mask"],
        outputs: ["dlogits"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.checkLossValues(inputs, try SigmoidCrossEntropy().outputTypes(Array(inputs.dropFirst(2))))
        return [try self.type(inputs, 2)]
    }

    package var gradient: Gradient { .none(reason: "second derivatives are not supported") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
