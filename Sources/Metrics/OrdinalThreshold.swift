/// A yes/no question over ordered grades: is the grade at least this one?
package struct OrdinalThreshold: Sendable, Hashable {
    /// The lowest grade that counts as yes; at least 1.
    package let grade: Int

    package init(grade: Int) {
        precondition(grade >= 1, "grade 0 is never a yes/no question")
        self.grade = grade
    }

    /// Any diabetic retinopathy: grade ≥ 1.
    package static let anyDisease = OrdinalThreshold(grade: 1)
    /// Referable diabetic retinopathy: grade ≥ 2 (ICDR).
    package static let referable = OrdinalThreshold(grade: 2)
    /// Vision-threatening diabetic retinopathy: grade ≥ 3 (ICDR, without macular oedema).
    package static let visionThreatening = OrdinalThreshold(grade: 3)

    /// The probability of yes from the probabilities of the grades, `[K]`: 1 − p₀ for grade 1, else Σ pₖ from `grade` on.
    package func score(_ probabilities: [Double]) -> Double {
        precondition(probabilities.count > self.grade, "fewer grades than the question needs")
        return self.grade == 1 ? 1 - probabilities[0] : probabilities.dropFirst(self.grade).reduce(0, +)
    }

    /// Whether a true or answered grade is a yes.
    package func isPositive(_ grade: Int) -> Bool {
        grade >= self.grade
    }

    /// The ranked scores of many cases; nil when a probability is not a number.
    package func ranked(probabilities: [[Double]], truth: [Int]) -> RankedScores? {
        RankedScores(scores: probabilities.map(self.score), positive: truth.map(self.isPositive))
    }

    /// The ROC area of the question; nil unless both truths occur.
    package func auroc(probabilities: [[Double]], truth: [Int]) -> Double? {
        self.ranked(probabilities: probabilities, truth: truth)?.auroc
    }
}
