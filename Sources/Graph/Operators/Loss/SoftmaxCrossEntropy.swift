/// Mean cross-entropy of softmax(logits) against class labels, PyTorch's `cross_entropy`.
///
/// `logits` [N, K] float32, `labels` [N] int64, optional class `weights` w [K], optional `mask` m [N] (0 leaves a sample out, as
/// the padding of a last batch; 1 counts it). With e = `labelSmoothing` and p = softmax(logits):
///
///     Σᵢ mᵢ ((1-e)·w[yᵢ]·(-log pᵢ[yᵢ]) + e/K·Σ_c w[c]·(-log pᵢ[c])) / Σᵢ mᵢ·w[yᵢ]
///
/// The result is a scalar []; 0/0, all samples left out, is NaN as in PyTorch. A label outside 0..<K of a sample that counts is
/// an error when the kernel runs; labels of samples left out are not looked at.
package struct SoftmaxCrossEntropy: Operator {
    package static let schema = OperatorSchema(
        "SoftmaxCrossEntropy", inputs: ["logits", "labels"], optional: ["weights", "mask"], outputs: ["loss"])

    /// e in 0...1.
    package let labelSmoothing: Float

    package init(labelSmoothing: Float = 0) {
        self.labelSmoothing = labelSmoothing
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        guard self.labelSmoothing >= 0, self.labelSmoothing <= 1 else {
            throw GraphError(.attribute, self.name, "labelSmoothing is \(self.labelSmoothing), must be in 0...1")
        }
        var dims = Dims(self.name)
        let logits = try self.type(inputs, 0)
        let labels = try self.type(inputs, 1)
        try dims.match(logits, "N", "K", in: "logits")
        try dims.match(labels, "N", in: "labels")
        guard logits.dataType == .float32, labels.dataType == .int64 else {
            throw GraphError(.dataType, self.name, "logits are \(logits), labels \(labels)")
        }
        for (index, letter) in [(2, "K"), (3, "N")] {
            guard let type = self.optionalType(inputs, index) else { continue }
            try dims.match(type, letter, in: Self.schema.optional[index - 2])
            guard type.dataType == .float32 else {
                throw GraphError(.dataType, self.name, "\(Self.schema.optional[index - 2]) are \(type)")
            }
        }
        return [TensorType(.float32, [])]
    }

    package var gradient: Gradient {
        .rule { [self] (context) throws(GraphError) in
            guard !context.needs(2), !context.needs(3) else {
                throw GraphError(.gradient, self.name, "weights and mask have no gradient")
            }
            let dx = try context.emitAll(
                SoftmaxCrossEntropyGradient(forward: self), [try context.dy()] + context.node.inputs)
            return context.node.inputs.indices.map { $0 == 0 && context.needs(0) ? dx[0] : nil }
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
