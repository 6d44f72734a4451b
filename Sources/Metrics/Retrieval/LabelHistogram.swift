/// How often each set of classes occurs in a database, and what order of them is best for a query: a report needs no look at
/// every item for every query.
struct LabelHistogram {
    /// Items of one set and how relevant they are to a query.
    struct Part {
        let labels: LabelSet
        let relevance: Double
        let count: Int
    }

    let items: Int
    private let counts: [LabelSet: Int]
    private let rules: RetrievalRules
    private var orders: [LabelSet: [Part]] = [:]

    init(_ labels: [LabelSet], rules: RetrievalRules) {
        self.items = labels.count
        self.counts = labels.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        self.rules = rules
    }

    /// The sets of the database by falling relevance to `query`, one item of the set `removed` left out.
    mutating func parts(for query: LabelSet, removed: LabelSet?) -> [Part] {
        var order = self.orders[query]
        if order == nil {
            order = self.order(for: query)
            self.orders[query] = order
        }
        guard let order, let removed else { return order ?? [] }
        return order.map { Part(labels: $0.labels, relevance: $0.relevance, count: $0.count - ($0.labels == removed ? 1 : 0)) }
    }

    private func order(for query: LabelSet) -> [Part] {
        let parts = self.counts.map { Part(labels: $0.key, relevance: self.rules.relevance(query, $0.key), count: $0.value) }
        var places: [LabelSet: Int] = [:]
        if case .overall(let table) = self.rules.idealOrder {
            for (place, labels) in table.enumerated() { places[labels] = place }
        }
        return parts.sorted { first, second in
            if first.relevance != second.relevance { return first.relevance > second.relevance }
            let ranks = (places[first.labels] ?? .max, places[second.labels] ?? .max)
            return ranks.0 != ranks.1 ? ranks.0 < ranks.1 : first.labels.bits < second.labels.bits
        }
    }
}

extension [LabelHistogram.Part] {
    /// Σ relevance of all items.
    func total(_ relevance: (LabelHistogram.Part) -> Double) -> Double {
        self.reduce(0) { $0 + Double($1.count) * relevance($1) }
    }

    /// The relevances of the first `count` items in this order.
    func leading(_ count: Int, _ relevance: (LabelHistogram.Part) -> Double) -> [Double] {
        var values: [Double] = []
        for part in self where values.count < count {
            values += Array<Double>(repeating: relevance(part), count: Swift.min(part.count, count - values.count))
        }
        return values
    }
}
