/// The sums of a retrieval report, query by query.
struct RetrievalTally {
    private let rules: RetrievalRules
    private let database: [LabelSet]
    private let depth: Int
    private var histogram: LabelHistogram
    private var shuffle: PartialShuffle
    private(set) var all: MeanScores
    private(set) var random: MeanScores
    private(set) var classes: [MeanScores]
    private(set) var classExcluded: [Int]
    private(set) var excluded: [RetrievalReport.Exclusion: Int] = [:]

    init(rules: RetrievalRules, database: [LabelSet], classes: Int, seed: UInt64) {
        let empty = MeanScores(cutoffs: rules.cutoffs.count)
        self.rules = rules
        self.database = database
        self.depth = min(rules.cutoffs.last ?? 0, database.count)
        self.histogram = LabelHistogram(database, rules: rules)
        self.shuffle = PartialShuffle(count: database.count, seed: seed)
        self.all = empty
        self.random = empty
        self.classes = Array(repeating: empty, count: classes)
        self.classExcluded = Array(repeating: 0, count: classes)
    }

    /// `neighbors` with the query itself among them.
    mutating func add(query number: Int, labels: LabelSet, neighbors: [Int]) {
        let removed = self.rules.selfMatch.removed(query: number, nearest: neighbors.first)
        let results = neighbors.filter { $0 != removed }.prefix(self.depth).map { self.database[$0] }
        let parts = self.histogram.parts(for: labels, removed: removed.map { self.database[$0] })
        let items = self.database.count - (removed == nil ? 0 : 1)
        guard items > 0 else {
            self.excluded[.noItems, default: 0] += 1
            return
        }
        let total = parts.total(\.relevance)
        guard total > 0 || self.rules.loneQueries == .countAsZero else {
            self.excluded[.noRelevantItem, default: 0] += 1
            for index in self.classes.indices where labels.contains(index) { self.classExcluded[index] += 1 }
            return
        }
        let relevance = self.rules.relevance
        let ideal = parts.leading(self.depth, \.relevance)
        func scores(_ labelsFound: [LabelSet]) -> [RetrievalScores] {
            RankedRelevance(found: labelsFound.map { relevance(labels, $0) }, ideal: ideal, total: total, items: items)
                .scores(at: self.rules.cutoffs, idealFloor: self.rules.idealFloor)
        }
        self.all.add(scores(results))
        self.random.add(scores(self.shuffle.draw(self.depth, without: removed).map { self.database[$0] }))
        self.addClasses(of: labels, results: results, parts: parts, items: items)
    }

    private mutating func addClasses(of labels: LabelSet, results: [LabelSet], parts: [LabelHistogram.Part], items: Int) {
        for index in self.classes.indices where labels.contains(index) {
            func isShared(_ part: LabelHistogram.Part) -> Double { part.labels.contains(index) ? 1 : 0 }
            let total = parts.total(isShared)
            guard total > 0 || self.rules.loneQueries == .countAsZero else {
                self.classExcluded[index] += 1
                continue
            }
            let ideal =
                switch self.rules.idealOrder {
                case .ofClass: Array(repeating: 1.0, count: min(Int(total), self.depth))
                case .overall: parts.leading(self.depth, isShared)
                }
            let ranked = RankedRelevance(
                found: results.map { $0.contains(index) ? 1 : 0 }, ideal: ideal, total: total, items: items)
            self.classes[index].add(ranked.scores(at: self.rules.cutoffs, idealFloor: self.rules.idealFloor))
        }
    }
}

/// Draws of a few different numbers out of many; a draw costs what it returns.
private struct PartialShuffle {
    private var order: [Int]
    private var random: SplitMix64

    init(count: Int, seed: UInt64) {
        self.order = Array(0..<count)
        self.random = SplitMix64(seed: seed)
    }

    /// Up to `count` different numbers, none of them `excluded`.
    mutating func draw(_ count: Int, without excluded: Int?) -> [Int] {
        var drawn: [Int] = []
        for place in self.order.indices where drawn.count < count {
            self.order.swapAt(place, place + self.random.below(self.order.count - place))
            if self.order[place] != excluded { drawn.append(self.order[place]) }
        }
        return drawn
    }
}
