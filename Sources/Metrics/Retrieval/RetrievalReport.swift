/// How well searches found what is relevant, with the rules that the figures were computed by.
package struct RetrievalReport: Sendable, Hashable {
    /// How the neighbours were searched for.
    package enum Search: Sendable, Hashable {
        case exact
        /// With an index that may miss neighbours; `recall` is the share of the exact ones that it found.
        case approximate(recall: Double)
    }

    /// Why a query is left out of the means.
    package enum Exclusion: String, Sendable, Hashable, CaseIterable {
        /// No item of the database is relevant to it.
        case noRelevantItem = "no_relevant_item"
        /// The database has no item but the query itself.
        case noItems = "no_items"

        package var text: String {
            switch self {
            case .noRelevantItem: "no item is relevant to it"
            case .noItems: "there is no item but itself"
            }
        }
    }

    /// The figures of one class, over the queries that have it, with relevance 1 for items that have it too.
    package struct ClassReport: Sendable, Hashable {
        package let name: String
        /// Queries in the means.
        package let queries: Int
        /// Queries of the class that no item shares it with, left out where the rules exclude lone queries.
        package let excluded: Int
        /// By cutoff; nil without queries.
        package let scores: [RetrievalScores]?
    }

    package let rules: RetrievalRules
    package let search: Search
    package let queries: Int
    package let items: Int
    /// Queries left out of all means, by reason.
    package let excluded: [Exclusion: Int]
    /// Means over queries by cutoff, of relevance by all classes; nil where every query was excluded.
    package let scores: [RetrievalScores]?
    /// The same for items in random order, what a search without any knowledge would reach.
    package let random: [RetrievalScores]?
    package let classes: [ClassReport]
    /// Class means weighted by their queries.
    package let aggregated: [RetrievalScores]?

    package var cutoffs: [Int] { self.rules.cutoffs }
    package var selfMatch: SelfMatch { self.rules.selfMatch }
    package var tieRule: String { RetrievalRules.tieRule }
    package var excludedCount: Int { self.excluded.values.reduce(0, +) }

    /// - Parameters:
    ///   - neighbors: of each query, positions in the database, nearest first, the query itself still among them. The largest
    ///     cutoff, and one more where self matches are removed, is enough; what a shorter list lacks counts as not found.
    ///   - classNames: the names of classes 0, 1, …; no label has another class.
    ///   - seed: of the random order.
    package init(
        neighbors: [[Int]], queryLabels: [LabelSet], databaseLabels: [LabelSet], classNames: [String], rules: RetrievalRules,
        search: Search = .exact, seed: UInt64 = 0
    ) throws(MetricError) {
        try Self.check(neighbors, queryLabels, databaseLabels, classes: classNames.count, rules)
        var tally = RetrievalTally(rules: rules, database: databaseLabels, classes: classNames.count, seed: seed)
        for (number, list) in neighbors.enumerated() {
            tally.add(query: number, labels: queryLabels[number], neighbors: list)
        }
        self.rules = rules
        self.search = search
        self.queries = neighbors.count
        self.items = databaseLabels.count
        self.excluded = tally.excluded
        self.scores = tally.all.mean
        self.random = tally.random.mean
        var aggregated = MeanScores(cutoffs: rules.cutoffs.count)
        for mean in tally.classes {
            if let scores = mean.mean { aggregated.add(scores, times: mean.count) }
        }
        self.aggregated = aggregated.mean
        self.classes = classNames.enumerated().map { index, name in
            ClassReport(
                name: name, queries: tally.classes[index].count, excluded: tally.classExcluded[index],
                scores: tally.classes[index].mean)
        }
    }

    /// The report of an exact search by Euclidean distance.
    package init(
        queries: Embeddings, queryLabels: [LabelSet], database: Embeddings, databaseLabels: [LabelSet], classNames: [String],
        rules: RetrievalRules, seed: UInt64 = 0
    ) throws(MetricError) {
        guard database.count == databaseLabels.count else {
            throw MetricError(.size, "labels", "\(databaseLabels.count) for \(database.count) items; give one for each")
        }
        let wanted = min(rules.cutoffs.last ?? 1, max(1, database.count)) + rules.selfMatch.extra
        let found = try database.nearest(to: queries, count: wanted)
        try self.init(
            neighbors: found.map { $0.map(\.index) }, queryLabels: queryLabels, databaseLabels: databaseLabels,
            classNames: classNames, rules: rules, seed: seed)
    }

    private static func check(
        _ neighbors: [[Int]], _ queryLabels: [LabelSet], _ databaseLabels: [LabelSet], classes: Int, _ rules: RetrievalRules
    ) throws(MetricError) {
        guard neighbors.count == queryLabels.count else {
            throw MetricError(.size, "labels", "\(queryLabels.count) for \(neighbors.count) queries; give one for each")
        }
        guard (1...LabelSet.largestClassCount).contains(classes) else {
            throw MetricError(.setting, "classes", "\(classes) names; 1 to \(LabelSet.largestClassCount) classes can be compared")
        }
        let unknown = classes == LabelSet.largestClassCount ? 0 : ~UInt64(0) << UInt64(classes)
        guard (queryLabels + databaseLabels).allSatisfy({ $0.bits & unknown == 0 }) else {
            throw MetricError(.value, "labels", "a label has a class beyond the \(classes) names; name every class")
        }
        if rules.selfMatch == .removeSameIndex, queryLabels != databaseLabels {
            throw MetricError(
                .setting, "self match", "removing item i from the results of query i needs queries that are the database itself")
        }
        for (number, list) in neighbors.enumerated() {
            var seen: Set<Int> = []
            for index in list {
                guard databaseLabels.indices.contains(index) else {
                    let range = "0..<\(databaseLabels.count)"
                    throw MetricError(.value, "neighbours", "query \(number) found item \(index); items are \(range)")
                }
                guard seen.insert(index).inserted else {
                    throw MetricError(.value, "neighbours", "query \(number) found item \(index) twice; an item has one rank")
                }
            }
        }
    }
}
