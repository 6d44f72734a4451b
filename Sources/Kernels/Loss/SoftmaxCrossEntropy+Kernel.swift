#if canImport(Glibc)
    import Glibc
#endif
package import Graph

extension SoftmaxCrossEntropy: Executable {
    package static var implementations: [Implementation<SoftmaxCrossEntropy>] {
        [
            Implementation("reference") { (op, problem) in
                let batch = CrossEntropyBatch(logits: problem.input(0), labelSmoothing: op.labelSmoothing)
                return ClosureKernel { (call) throws(KernelError) in
                    let rows = CrossEntropyRows(
                        logits: call.input(0), labels: call.input(1, as: Int64.self), weights: call.optionalInput(2),
                        mask: call.optionalInput(3))
                    try batch.checkLabels(rows)
                    var loss = 0.0
                    for sample in 0..<batch.samples { loss += batch.loss(of: sample, rows) }
                    let y: UnsafeMutablePointer<Float> = call.output(0)
                    y[0] = Float(loss / batch.weight(rows))
                }
            }
        ]
    }
}

/// The inputs of the loss and of its gradient, at run time.
package struct CrossEntropyRows {
    package let logits: UnsafePointer<Float>
    package let labels: UnsafePointer<Int64>
    package let weights: UnsafePointer<Float>?
    package let mask: UnsafePointer<Float>?

    package init(
        logits: UnsafePointer<Float>, labels: UnsafePointer<Int64>, weights: UnsafePointer<Float>?, mask: UnsafePointer<Float>?
    ) {
        self.logits = logits
        self.labels = labels
        self.weights = weights
        self.mask = mask
    }

    package func weight(_ index: Int) -> Double { Double(self.weights?[index] ?? 1) }

    /// How much a sample counts.
    package func factor(_ sample: Int) -> Double { Double(self.mask?[sample] ?? 1) }
}

/// Sizes and smoothing of the loss, and its arithmetic in double precision.
package struct CrossEntropyBatch: Sendable {
    package let samples: Int
    package let classes: Int
    package let smoothing: Double

    package init(logits: TensorType, labelSmoothing: Float) {
        self.samples = logits.shape[0]
        self.classes = logits.shape[1]
        self.smoothing = Double(labelSmoothing)
    }

    /// Refuses labels outside the classes; the error names the sample's place in the batch only.
    package func checkLabels(_ rows: CrossEntropyRows) throws(KernelError) {
        for sample in 0..<self.samples where rows.factor(sample) != 0 {
            guard rows.labels[sample] >= 0, rows.labels[sample] < self.classes else {
                throw KernelError(
                    .outOfRange, SoftmaxCrossEntropy.schema.name,
                    "the label of sample \(sample) of the batch is outside 0..<\(self.classes)")
            }
        }
    }

    /// What the sum of losses is divided by.
    package func weight(_ rows: CrossEntropyRows) -> Double {
        var sum = 0.0
        for sample in 0..<self.samples where rows.factor(sample) != 0 {
            sum += rows.factor(sample) * rows.weight(Int(rows.labels[sample]))
        }
        return sum
    }

    /// The peak of a sample's logits and the logarithm of the sum of their exponentials after subtracting it.
    package func normalizer(of sample: Int, _ rows: CrossEntropyRows) -> (peak: Double, logSum: Double) {
        let logits = rows.logits + sample * self.classes
        var peak = -Double.infinity
        for c in 0..<self.classes { peak = max(peak, Double(logits[c])) }
        var sum = 0.0
        for c in 0..<self.classes { sum += exp(Double(logits[c]) - peak) }
        return (peak, log(sum))
    }

    /// A sample's share of the sum of losses.
    package func loss(of sample: Int, _ rows: CrossEntropyRows) -> Double {
        let factor = rows.factor(sample)
        guard factor != 0 else { return 0 }
        let logits = rows.logits + sample * self.classes
        let (peak, logSum) = self.normalizer(of: sample, rows)
        let label = Int(rows.labels[sample])
        var loss = (1 - self.smoothing) * rows.weight(label) * (logSum + peak - Double(logits[label]))
        if self.smoothing > 0 {
            var all = 0.0
            for c in 0..<self.classes { all += rows.weight(c) * (logSum + peak - Double(logits[c])) }
            loss += self.smoothing / Double(self.classes) * all
        }
        return factor * loss
    }
}
