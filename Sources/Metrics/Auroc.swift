/// Area under the ROC curve of a yes/no question (Mann–Whitney with average ranks, O(n log n)); nil unless both truths
/// occur and every score is a number.
package func auroc(scores: [Double], positive: [Bool]) -> Double? {
    RankedScores(scores: scores, positive: positive)?.auroc
}

/// Average precision of a yes/no question; nil without positives or when a score is not a number.
package func averagePrecision(scores: [Double], positive: [Bool]) -> Double? {
    RankedScores(scores: scores, positive: positive)?.averagePrecision
}

/// ROC areas of each class against all others.
package struct OneVsRestAuroc: Sendable, Equatable {
    /// `[K]`; nil where the class has no positives or no negatives.
    package let perClass: [Double?]
    /// The mean over defined classes; nil when there are none.
    package let macro: Double?
    /// The mean over defined classes weighted by their positives; nil when there are none.
    package let weighted: Double?

    /// Classes that are left out of the means. Report them with the means.
    package var undefinedClasses: [Int] { self.perClass.indices.filter { self.perClass[$0] == nil } }

    /// `probabilities` is `[N][K]`, `truth` is `[N]` with classes in `0..<classes`.
    package init(probabilities: [[Double]], truth: [Int], classes: Int) {
        precondition(probabilities.count == truth.count, "probabilities and truth differ in length")
        precondition(probabilities.allSatisfy { $0.count == classes }, "a row has another number of classes")
        let areas = (0..<classes).map { index in
            auroc(scores: probabilities.map { $0[index] }, positive: truth.map { $0 == index })
        }
        var sum = 0.0
        var defined = 0
        var weightedSum = 0.0
        var weight = 0.0
        for (index, area) in areas.enumerated() {
            guard let area else { continue }
            let positives = Double(truth.count { $0 == index })
            sum += area
            defined += 1
            weightedSum += area * positives
            weight += positives
        }
        self.perClass = areas
        self.macro = defined > 0 ? sum / Double(defined) : nil
        self.weighted = weight > 0 ? weightedSum / weight : nil
    }
}

/// The mean ROC area over all pairs of classes that both occur (Hand and Till 2001); nil with fewer than two classes.
package func oneVsOneAuroc(probabilities: [[Double]], truth: [Int], classes: Int) -> Double? {
    precondition(probabilities.count == truth.count, "probabilities and truth differ in length")
    var sum = 0.0
    var pairs = 0
    for first in 0..<classes {
        for second in 0..<classes where second != first {
            let cases = truth.indices.filter { truth[$0] == first || truth[$0] == second }
            let area = auroc(scores: cases.map { probabilities[$0][first] }, positive: cases.map { truth[$0] == first })
            guard let area else { continue }
            sum += area
            pairs += 1
        }
    }
    return pairs > 0 ? sum / Double(pairs) : nil
}
