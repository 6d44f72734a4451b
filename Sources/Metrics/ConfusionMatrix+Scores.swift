/// Precision, recall and F1 of one class against all others; a quotient with denominator 0 counts as 0.
package struct ClassScore: Sendable, Equatable {
    package let precision: Double
    package let recall: Double
    package let f1: Double
    /// The share of cases of the other classes that were not answered with this one; 0 without such cases.
    package let specificity: Double
    /// Cases whose truth is this class.
    package let support: Int
    /// Cases answered with this class.
    package let answers: Int
}

/// Precision, recall and F1 averaged over classes.
package struct AverageScore: Sendable, Equatable {
    package let precision: Double
    package let recall: Double
    package let f1: Double
}

/// Which classes a macro average is taken over.
package enum AveragedClasses: Sendable {
    /// All K classes: an absent class counts as 0 (scikit-learn with `labels=range(K)`).
    case all
    /// Classes that occur in the truth or in the answers (scikit-learn's default).
    case occurring
}

extension ConfusionMatrix {
    /// The scores of every class, `[K]`.
    package var classScores: [ClassScore] {
        let support = self.support
        let answers = self.answers
        let total = self.total
        return (0..<self.classes).map { index in
            let hits = self[truth: index, predicted: index]
            let others = total - support[index]
            let quiet = others - (answers[index] - hits)
            return ClassScore(
                precision: quotient(hits, answers[index]),
                recall: quotient(hits, support[index]),
                f1: quotient(2 * hits, support[index] + answers[index]),
                specificity: quotient(quiet, others),
                support: support[index],
                answers: answers[index]
            )
        }
    }

    /// The unweighted mean over classes; nil without cases.
    package func macro(over classes: AveragedClasses = .all) -> AverageScore? {
        guard self.total > 0 else { return nil }
        var scores = self.classScores
        if classes == .occurring {
            scores.removeAll { $0.support == 0 && $0.answers == 0 }
        }
        return mean(scores, weights: scores.map { _ in 1 })
    }

    /// The mean over classes weighted by their true cases; nil without cases.
    package var weighted: AverageScore? {
        let scores = self.classScores
        return mean(scores, weights: scores.map(\.support))
    }

    /// Of the counts of all classes together: with one class for each case, precision, recall and F1 are the accuracy; nil
    /// without cases.
    package var micro: AverageScore? {
        self.accuracy.map { AverageScore(precision: $0, recall: $0, f1: $0) }
    }

    /// The mean recall over classes that have true cases; nil without cases.
    package var balancedAccuracy: Double? {
        let present = self.classScores.filter { $0.support > 0 }
        guard !present.isEmpty else { return nil }
        return present.reduce(0) { $0 + $1.recall } / Double(present.count)
    }

    /// Matthews correlation for any number of classes (Gorodkin 2004); nil where the truth or the answers have one
    /// class only (scikit-learn says 0 there).
    package var matthewsCorrelation: Double? {
        let total = Double(self.total)
        let support = self.support.map(Double.init)
        let answers = self.answers.map(Double.init)
        let agreement = Double(self.correct) * total - zip(support, answers).reduce(0) { $0 + $1.0 * $1.1 }
        let truthSpread = total * total - support.reduce(0) { $0 + $1 * $1 }
        let answerSpread = total * total - answers.reduce(0) { $0 + $1 * $1 }
        guard truthSpread > 0, answerSpread > 0 else { return nil }
        return agreement / (truthSpread.squareRoot() * answerSpread.squareRoot())
    }
}

private func quotient(_ part: Int, _ whole: Int) -> Double {
    whole == 0 ? 0 : Double(part) / Double(whole)
}

private func mean(_ scores: [ClassScore], weights: [Int]) -> AverageScore? {
    let sum = Double(weights.reduce(0, +))
    guard sum > 0 else { return nil }
    func average(_ value: (ClassScore) -> Double) -> Double {
        zip(scores, weights).reduce(0) { $0 + value($1.0) * Double($1.1) } / sum
    }
    return AverageScore(precision: average(\.precision), recall: average(\.recall), f1: average(\.f1))
}
