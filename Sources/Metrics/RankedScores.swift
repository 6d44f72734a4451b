/// Scores of a yes/no question in ascending order with their ties, so that rank statistics of many resamples cost one
/// sort.
package struct RankedScores: Sendable {
    /// Case numbers by ascending score.
    let order: [Int]
    /// Where each run of equal scores ends in `order` (exclusive).
    let tieEnds: [Int]
    /// By case number: is the truth yes?
    let positive: [Bool]

    /// Ranks `scores`; `positive` is the truth of the same cases. Nil when a score is not a number.
    package init?(scores: [Double], positive: [Bool]) {
        precondition(scores.count == positive.count, "scores and truth differ in length")
        guard !scores.contains(where: \.isNaN) else { return nil }
        let order = scores.indices.sorted { scores[$0] < scores[$1] }
        var tieEnds: [Int] = []
        for place in order.indices where place + 1 == order.count || scores[order[place]] != scores[order[place + 1]] {
            tieEnds.append(place + 1)
        }
        self.order = order
        self.tieEnds = tieEnds
        self.positive = positive
    }

    /// Area under the ROC curve, P(s⁺ > s⁻) + ½ P(s⁺ = s⁻); nil unless both truths occur.
    package var auroc: Double? {
        self.auroc(multiplicities: nil)
    }

    /// The same with every case counted as often as `multiplicities` says (a bootstrap resample).
    package func auroc(multiplicities: [Int]?) -> Double? {
        var doubledWins = 0
        var negativesBelow = 0
        var positives = 0
        self.forEachTie(multiplicities) { tiePositives, tieNegatives in
            doubledWins += tiePositives * (2 * negativesBelow + tieNegatives)
            negativesBelow += tieNegatives
            positives += tiePositives
        }
        guard positives > 0, negativesBelow > 0 else { return nil }
        return Double(doubledWins) / (2 * Double(positives) * Double(negativesBelow))
    }

    /// Average precision, Σ (Rₖ − Rₖ₋₁)·Pₖ over distinct thresholds; nil without positives.
    package var averagePrecision: Double? {
        var ties: [(positives: Int, negatives: Int)] = []
        self.forEachTie(nil) { ties.append(($0, $1)) }
        let positives = ties.reduce(0) { $0 + $1.positives }
        guard positives > 0 else { return nil }
        var hits = 0
        var answered = 0
        var sum = 0.0
        for tie in ties.reversed() {
            hits += tie.positives
            answered += tie.positives + tie.negatives
            sum += Double(tie.positives) * Double(hits) / Double(answered)
        }
        return sum / Double(positives)
    }

    private func forEachTie(_ multiplicities: [Int]?, _ body: (_ positives: Int, _ negatives: Int) -> Void) {
        var place = 0
        for end in self.tieEnds {
            var positives = 0
            var negatives = 0
            while place < end {
                let number = self.order[place]
                let times = multiplicities?[number] ?? 1
                if self.positive[number] { positives += times } else { negatives += times }
                place += 1
            }
            body(positives, negatives)
        }
    }
}
