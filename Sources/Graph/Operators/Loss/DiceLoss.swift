/// One minus the soft Dice coefficient of p = sigmoid(logits) and targets over the whole tensor.
///
/// `logits` x and `targets` y of one shape, float32; optional `mask` m that broadcasts to it (0 leaves an element out, as the
/// padding of a last batch). With e = `smooth`:
///
///     1 - (2 Σ m p y + e) / (Σ m p² + Σ m y² + e)
///
/// The result is a scalar []; `parts` [2] are numerator and denominator.
package struct DiceLoss: Operator {
    package static let schema = OperatorSchema(
        "DiceLoss", inputs: ["logits", "targets"], optional: ["mask"], outputs: ["loss", "parts"])

    /// Above 0.
    package let smooth: Double

    package init(smooth: Double = 1e-5) {
        self.smooth = smooth
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        guard self.smooth > 0, self.smooth.isFinite else { throw GraphError(.attribute, self.name, "smooth is \(self.smooth)") }
        try self.checkElementLoss(inputs)
        return [TensorType(.float32, []), TensorType(.float32, [2])]
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            guard !context.node.inputs.indices.dropFirst().contains(where: { context.needs($0) }) else {
                throw GraphError(.gradient, self.name, "only logits have a gradient")
            }
            let values = [try context.dy(), context.outputs[1]]
            let dx = try context.emitAll(DiceLossGradient(forward: self), values + context.node.inputs)
            return context.node.inputs.indices.map { $0 == 0 ? dx[0] : nil }
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
