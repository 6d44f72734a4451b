/// How many neighbours vote.
package enum NeighborCount: Sendable, Hashable {
    case fixed(Int)
    /// The candidate with the best accuracy on the judged queries, the smallest of equals; candidates above the number of points
    /// are skipped, and `fallback` is used where all are.
    case automatic(candidates: [Int], fallback: Int)

    package static let automatic = NeighborCount.automatic(candidates: [5, 9, 15, 20, 25, 30, 40, 50], fallback: 15)
}

/// How often the nearest neighbours gave the right class, with the rules that the figure was computed by.
package struct KNNReport: Sendable, Equatable {
    package struct Candidate: Sendable, Hashable {
        package let k: Int
        package let accuracy: Double
    }

    package let choice: NeighborCount
    /// Neighbours that voted.
    package let k: Int
    /// What was tried, by ascending k; one entry for a fixed k.
    package let tried: [Candidate]
    /// Candidates above the number of points.
    package let skipped: [Int]
    package let weights: NeighborWeights
    package let selfMatch: SelfMatch
    package let queries: Int
    package let items: Int
    /// Queries without any neighbour but themselves.
    package let excluded: Int
    /// Of the queries that were not excluded.
    package let confusion: ConfusionMatrix
    /// The shares of the votes of all queries, `[queries][classes]`; zeros of the excluded.
    package let probabilities: [[Double]]

    /// The share of right answers; nil where every query was excluded.
    package var accuracy: Double? { self.confusion.accuracy }
    package var tieRule: String { KNNClassifier.tieRule }

    /// Judges `queries` whose classes `truth` says. An automatic k is chosen on these queries: take others for the final figure.
    package init(
        queries: Embeddings, truth: [Int], database: Embeddings, labels: [Int], classes: Int,
        k choice: NeighborCount = .automatic, weights: NeighborWeights = .distance, selfMatch: SelfMatch
    ) throws(MetricError) {
        guard truth.count == queries.count else {
            throw MetricError(.size, "labels", "\(truth.count) for \(queries.count) queries; give one for each")
        }
        try checkLabels(truth, classes: classes)
        if selfMatch == .removeSameIndex, queries != database {
            throw MetricError(
                .setting, "self match",
                "removing item i from the neighbours of query i needs queries that are the database itself")
        }
        let available = database.count - selfMatch.extra
        let plan = try Self.plan(choice, available: available)
        let largest = plan.candidates.max() ?? 1
        let classifier = try KNNClassifier(points: database, labels: labels, classes: classes, k: largest, weights: weights)
        let lists = try database.nearest(to: queries, count: largest + selfMatch.extra).enumerated().map { number, list in
            let removed = selfMatch.removed(query: number, nearest: list.first?.index)
            return list.filter { $0.index != removed }
        }
        func answers(_ k: Int) -> [[Double]] { lists.map { classifier.shares($0.prefix(k)) } }
        let judged = truth.indices.filter { !lists[$0].isEmpty }
        func matrix(_ answers: [[Double]]) -> ConfusionMatrix {
            ConfusionMatrix(
                truth: judged.map { truth[$0] }, predicted: judged.map { mostProbable(answers[$0]) }, classes: classes)
        }
        let tried = plan.candidates.map { Candidate(k: $0, accuracy: matrix(answers($0)).accuracy ?? 0) }
        let best = tried.dropFirst().reduce(tried[0]) { $1.accuracy > $0.accuracy ? $1 : $0 }
        self.choice = choice
        self.k = best.k
        self.tried = tried
        self.skipped = plan.skipped
        self.weights = weights
        self.selfMatch = selfMatch
        self.queries = queries.count
        self.items = database.count
        self.excluded = queries.count - judged.count
        self.probabilities = answers(best.k)
        self.confusion = matrix(self.probabilities)
    }

    /// The k to try, at least one, and those that are too large.
    private static func plan(_ choice: NeighborCount, available: Int) throws(MetricError) -> (candidates: [Int], skipped: [Int]) {
        switch choice {
        case .fixed(let k):
            guard k > 0 else { throw MetricError(.setting, "k", "\(k); at least one neighbour is needed") }
            return ([max(1, min(k, available))], [])
        case .automatic(let candidates, let fallback):
            guard fallback > 0, candidates.allSatisfy({ $0 > 0 }) else {
                throw MetricError(.setting, "k", "every candidate and the fallback must be at least 1")
            }
            let usable = Set(candidates).filter { $0 <= available }.sorted()
            return (usable.isEmpty ? [max(1, min(fallback, available))] : usable, candidates.filter { $0 > available })
        }
    }

    /// The report for people.
    package var text: String {
        var lines = [
            "kNN accuracy \(fixed(self.accuracy)) with k = \(self.k) (\(self.origin))",
            "\(counted(self.queries, "query", "queries")), \(counted(self.items, "item", "items")), exact search by Euclidean distance",
            "votes: \(self.weights.text)", "self match: \(self.selfMatch.text)", "ties: \(self.tieRule)",
            "excluded queries: \(self.excluded)\(self.excluded > 0 ? ", no neighbour but themselves" : "")",
        ]
        if self.tried.count > 1 {
            let rows = [["k"] + self.tried.map { "\($0.k)" }, ["accuracy"] + self.tried.map { fixed($0.accuracy) }]
            lines.insert(textTable(rows), at: 1)
        }
        return lines.joined(separator: "\n")
    }

    private var origin: String {
        switch self.choice {
        case .fixed(let k): return k == self.k ? "fixed" : "\(k) asked for, which is more than there are"
        case .automatic(let candidates, let fallback):
            if self.skipped.count == candidates.count { return "fallback \(fallback), as every candidate is more than there are" }
            let skipped = self.skipped.map(String.init).joined(separator: ", ")
            return "the best on these queries, the smallest of equals"
                + (skipped.isEmpty ? "" : "; \(skipped) are more than there are")
        }
    }
}
