/// What a disagreement between classes i and j costs in Cohen's kappa.
package enum KappaWeights: String, Sendable, CaseIterable {
    /// 1 for every disagreement.
    case plain
    /// |i − j|.
    case linear
    /// (i − j)²: the quadratic weighted kappa of diabetic retinopathy grading.
    case quadratic

    fileprivate func cost(_ first: Int, _ second: Int) -> Double {
        switch self {
        case .plain: first == second ? 0 : 1
        case .linear: Double(abs(first - second))
        case .quadratic: Double((first - second) * (first - second))
        }
    }
}

extension ConfusionMatrix {
    /// Cohen's kappa, 1 − Σ w·observed / Σ w·expected; nil where no disagreement is expected, as when truth and answers
    /// are one and the same class throughout.
    package func kappa(_ weights: KappaWeights) -> Double? {
        let total = Double(self.total)
        guard total > 0 else { return nil }
        let support = self.support
        let answers = self.answers
        var observed = 0.0
        var expected = 0.0
        for truth in 0..<self.classes {
            for predicted in 0..<self.classes {
                let cost = weights.cost(truth, predicted)
                observed += cost * Double(self[truth: truth, predicted: predicted])
                expected += cost * Double(support[truth]) * Double(answers[predicted]) / total
            }
        }
        return expected > 0 ? 1 - observed / expected : nil
    }
}
