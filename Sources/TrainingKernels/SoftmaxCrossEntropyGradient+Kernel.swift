#if canImport(Glibc)
    import Glibc
#endif
package import Graph
package import Kernels

extension SoftmaxCrossEntropyGradient: Executable {
    package static var implementations: [Implementation<SoftmaxCrossEntropyGradient>] {
        [
            Implementation("reference") { (op, problem) in
                let batch = CrossEntropyBatch(logits: problem.input(1), labelSmoothing: op.forward.labelSmoothing)
                return ClosureKernel { (call) throws(KernelError) in
                    let rows = CrossEntropyRows(
                        logits: call.input(1), labels: call.input(2, as: Int64.self), weights: call.optionalInput(3),
                        mask: call.optionalInput(4))
                    let upstream: UnsafePointer<Float> = call.input(0)
                    try batch.checkLabels(rows)
                    batch.gradient(rows, factor: Double(upstream[0]) / batch.weight(rows), into: call.output(0))
                }
            }
        ]
    }
}

extension CrossEntropyBatch {
    /// The gradient of the sum of losses times `factor`; zeros for samples left out.
    fileprivate func gradient(_ rows: CrossEntropyRows, factor: Double, into result: UnsafeMutablePointer<Float>) {
        var allWeights = 0.0
        for c in 0..<self.classes { allWeights += rows.weight(c) }
        let spread = self.smoothing / Double(self.classes)
        for sample in 0..<self.samples {
            let row = result + sample * self.classes
            guard rows.factor(sample) != 0 else {
                for c in 0..<self.classes { row[c] = 0 }
                continue
            }
            let (peak, logSum) = self.normalizer(of: sample, rows)
            let label = Int(rows.labels[sample])
            let hard = (1 - self.smoothing) * rows.weight(label)
            for c in 0..<self.classes {
                let p = exp(Double(rows.logits[sample * self.classes + c]) - peak - logSum)
                let target = (c == label ? hard : 0) + spread * rows.weight(c)
                row[c] = Float(factor * rows.factor(sample) * (p * (hard + spread * allWeights) - target))
            }
        }
    }
}
