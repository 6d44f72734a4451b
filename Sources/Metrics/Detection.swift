/// Yes/no answers at one threshold against the truth.
package struct Detection: Sendable, Equatable {
    package let truePositives: Int
    package let falseNegatives: Int
    package let trueNegatives: Int
    package let falsePositives: Int

    package init(truePositives: Int, falseNegatives: Int, trueNegatives: Int, falsePositives: Int) {
        self.truePositives = truePositives
        self.falseNegatives = falseNegatives
        self.trueNegatives = trueNegatives
        self.falsePositives = falsePositives
    }

    /// Answers yes where the score is at least `threshold`; a score that is not a number is a no.
    package init(scores: [Double], positive: [Bool], threshold: Double) {
        precondition(scores.count == positive.count, "scores and truth differ in length")
        var counts = (hit: 0, miss: 0, quiet: 0, alarm: 0)
        for (score, truth) in zip(scores, positive) {
            switch (truth, score >= threshold) {
            case (true, true): counts.hit += 1
            case (true, false): counts.miss += 1
            case (false, false): counts.quiet += 1
            case (false, true): counts.alarm += 1
            }
        }
        self.init(
            truePositives: counts.hit, falseNegatives: counts.miss, trueNegatives: counts.quiet, falsePositives: counts.alarm
        )
    }

    /// The share of the ill that are found; nil without ill.
    package var sensitivity: Double? { share(self.truePositives, self.falseNegatives) }
    /// The share of the healthy that are left alone; nil without healthy.
    package var specificity: Double? { share(self.trueNegatives, self.falsePositives) }
    /// The share of yes answers that are right (PPV); nil without yes answers.
    package var positivePredictiveValue: Double? { share(self.truePositives, self.falsePositives) }
    /// The share of no answers that are right (NPV); nil without no answers.
    package var negativePredictiveValue: Double? { share(self.trueNegatives, self.falseNegatives) }

    /// Wilson's 95 % interval of the sensitivity.
    package var sensitivityInterval: ConfidenceInterval? {
        wilsonInterval(successes: self.truePositives, trials: self.truePositives + self.falseNegatives)
    }

    /// Wilson's 95 % interval of the specificity.
    package var specificityInterval: ConfidenceInterval? {
        wilsonInterval(successes: self.trueNegatives, trials: self.trueNegatives + self.falsePositives)
    }
}

/// The highest threshold whose sensitivity is at least `target`, so the best specificity at that sensitivity; nil
/// without positives or when a score is not a number.
package func threshold(forSensitivity target: Double, scores: [Double], positive: [Bool]) -> Double? {
    precondition(target > 0 && target <= 1, "a sensitivity is in (0, 1]")
    precondition(scores.count == positive.count, "scores and truth differ in length")
    guard !scores.contains(where: \.isNaN) else { return nil }
    let found = zip(scores, positive).filter(\.1).map(\.0).sorted(by: >)
    return found.indices.first { Double($0 + 1) / Double(found.count) >= target }.map { found[$0] }
}

/// The lowest threshold (a score, or positive infinity) whose specificity is at least `target`, so the best sensitivity
/// at that specificity; nil without negatives or when a score is not a number.
package func threshold(forSpecificity target: Double, scores: [Double], positive: [Bool]) -> Double? {
    precondition(target > 0 && target <= 1, "a specificity is in (0, 1]")
    precondition(scores.count == positive.count, "scores and truth differ in length")
    guard !scores.contains(where: \.isNaN) else { return nil }
    let healthy = zip(scores, positive).filter { !$0.1 }.map(\.0).sorted()
    guard let needed = healthy.indices.first(where: { Double($0 + 1) / Double(healthy.count) >= target }) else { return nil }
    let limit = healthy[needed]
    return scores.filter { $0 > limit }.min() ?? .infinity
}

private func share(_ part: Int, _ rest: Int) -> Double? {
    part + rest == 0 ? nil : Double(part) / Double(part + rest)
}
