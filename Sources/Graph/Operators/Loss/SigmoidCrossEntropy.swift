/// Mean binary cross-entropy of sigmoid(logits) against targets, PyTorch's `binary_cross_entropy_with_logits`.
///
/// `logits` x and `targets` y of one shape, float32, y in 0...1; optional `positiveWeight` w, what positive elements count more,
/// and `mask` m (0 leaves an element out, as the padding of a last batch; other numbers weigh it), both broadcast to that
/// shape: w is [] for one weight, [K] for classes along the last axis; m is [N, 1, ...] for samples.
///
///     Σ m (w y softplus(-x) + (1 - y) softplus(x)) / Σ m
///
/// The result is a scalar []; 0/0, everything left out, is NaN. What is left out may be any number. `count` [] is Σ m.
package struct SigmoidCrossEntropy: Operator {
    package static let schema = OperatorSchema(
        "SigmoidCrossEntropy", inputs: ["logits", "targets"], optional: ["positiveWeight", "mask"], outputs: ["loss", "count"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.checkElementLoss(inputs)
        return [TensorType(.float32, []), TensorType(.float32, [])]
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            guard !context.node.inputs.indices.dropFirst().contains(where: { context.needs($0) }) else {
                throw GraphError(.gradient, self.name, "only logits have a gradient")
            }
            let values = [try context.dy(), context.outputs[1]]
            let dx = try context.emitAll(SigmoidCrossEntropyGradient(), values + context.node.inputs)
            return context.node.inputs.indices.map { $0 == 0 ? dx[0] : nil }
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
