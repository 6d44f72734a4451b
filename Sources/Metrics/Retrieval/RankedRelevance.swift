private import Glibc

/// The four figures of a ranking at one k, or their means.
package struct RetrievalScores: Sendable, Hashable {
    /// Σ relevance up to k / min(k, items).
    package var precision: Double
    /// Σ relevance up to k / max(1, Σ relevance of all items).
    package var recall: Double
    /// Σ precision(i)·relevance(i) / Σ relevance(i), i up to k; 0 where nothing relevant was found. The mean over queries is mAP.
    package var averagePrecision: Double
    /// Σ relevance(i) / log₂(i + 1) over that of the best order (see `RetrievalRules.idealFloor`).
    package var ndcg: Double

    package init(precision: Double, recall: Double, averagePrecision: Double, ndcg: Double) {
        self.precision = precision
        self.recall = recall
        self.averagePrecision = averagePrecision
        self.ndcg = ndcg
    }
}

/// The relevances of one query's results.
package struct RankedRelevance: Sendable, Hashable {
    /// By rank, the nearest first; what lies beyond was not looked at and counts as not relevant.
    package let found: [Double]
    /// By rank in the best order.
    package let ideal: [Double]
    /// Σ over all items that can be found.
    package let total: Double
    /// The number of items that can be found.
    package let items: Int

    package init(found: [Double], ideal: [Double], total: Double, items: Int) {
        precondition(found.count <= items, "more results than items")
        self.found = found
        self.ideal = ideal
        self.total = total
        self.items = items
    }

    /// The figures at each of the ascending `cutoffs`, with min(k, items) in place of k; 0 without items.
    package func scores(at cutoffs: [Int], idealFloor: Double = 1) -> [RetrievalScores] {
        var result: [RetrievalScores] = []
        var rank = 0
        var (sum, weighted, gain, best) = (0.0, 0.0, 0.0, 0.0)
        for cutoff in cutoffs {
            while rank < min(cutoff, self.items) {
                let relevance = rank < self.found.count ? self.found[rank] : 0
                let discount = log2(Double(rank + 2))
                sum += relevance
                weighted += relevance * sum / Double(rank + 1)
                gain += relevance / discount
                best += (rank < self.ideal.count ? self.ideal[rank] : 0) / discount
                rank += 1
            }
            let ideal = max(idealFloor, best)
            result.append(
                RetrievalScores(
                    precision: rank > 0 ? sum / Double(rank) : 0, recall: sum / max(1, self.total),
                    averagePrecision: sum > 0 ? weighted / sum : 0, ndcg: ideal > 0 ? gain / ideal : 0))
        }
        return result
    }
}

/// Means of figures over queries.
struct MeanScores {
    private(set) var count = 0
    private var sums: [RetrievalScores]

    init(cutoffs: Int) {
        self.sums = Array(
            repeating: RetrievalScores(precision: 0, recall: 0, averagePrecision: 0, ndcg: 0), count: cutoffs)
    }

    mutating func add(_ scores: [RetrievalScores], times: Int = 1) {
        self.count += times
        for (index, score) in scores.enumerated() {
            self.sums[index].precision += Double(times) * score.precision
            self.sums[index].recall += Double(times) * score.recall
            self.sums[index].averagePrecision += Double(times) * score.averagePrecision
            self.sums[index].ndcg += Double(times) * score.ndcg
        }
    }

    /// Nil without queries.
    var mean: [RetrievalScores]? {
        guard self.count > 0 else { return nil }
        let count = Double(self.count)
        return self.sums.map {
            RetrievalScores(
                precision: $0.precision / count, recall: $0.recall / count, averagePrecision: $0.averagePrecision / count,
                ndcg: $0.ndcg / count)
        }
    }
}
