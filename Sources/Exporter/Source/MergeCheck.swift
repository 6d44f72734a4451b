import Graph
import Pipelines

/// The proof that merged weights give what the adapters give.
package struct MergeCheck: Sendable, Codable, Hashable {
    /// Random inputs that were compared.
    package let inputs: Int
    /// Largest |Δlogit| / max(1, |logit|).
    package let maxRelativeDifference: Double
    package let tolerance: Double

    package static let tolerance = 1e-5

    /// Runs both networks; throws when they differ by more than the tolerance.
    package static func run(
        adapters: SourceNetwork, merged: SourceNetwork, size: ImageSize, inputs: Int = 8
    ) throws -> MergeCheck {
        let first = try adapters.plan(batch: 1)
        let second = try merged.plan(batch: 1)
        var worst = 0.0
        for seed in 0..<inputs {
            let input = SeededInput(seed: 1000 + UInt64(seed), shape: adapters.inputShape(batch: 1)).tensor()
            let expected = try first.logits(input).array(of: Float.self)
            let actual = try second.logits(input).array(of: Float.self)
            for (x, y) in zip(expected, actual) {
                let difference = abs(Double(x) - Double(y)) / max(1, abs(Double(x)))
                // NaN on either side counts as infinitely far.
                worst = difference >= worst ? difference : difference.isNaN ? .infinity : worst
            }
        }
        guard worst <= self.tolerance else {
            let bound = "allowed are \(self.tolerance)"
            let message = "merged weights and adapters differ by \(worst) relative to max(1, |logit|), \(bound)"
            throw ExportError(.merge, "LoRA", message)
        }
        return MergeCheck(inputs: inputs, maxRelativeDifference: worst, tolerance: self.tolerance)
    }
}
