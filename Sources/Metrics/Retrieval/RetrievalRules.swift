/// What happens to the query itself where it is also in the database.
package enum SelfMatch: String, Sendable, Hashable, CaseIterable {
    /// Nothing is removed: the queries are not in the database.
    case keep
    /// Query i is item i of the database, and that item is removed from its own results.
    case removeSameIndex = "remove_same_index"
    /// The nearest item is removed, whichever it is: a duplicate of the query with a lower index goes in its place.
    case removeNearest = "remove_nearest"

    package var text: String {
        switch self {
        case .keep: "kept: queries are not in the database"
        case .removeSameIndex: "removed: item i is no result of query i"
        case .removeNearest: "removed: the nearest item of each query, whichever it is"
        }
    }

    /// The item to leave out of the results of query `number`, whose nearest item is `nearest`.
    func removed(query number: Int, nearest: Int?) -> Int? {
        switch self {
        case .keep: nil
        case .removeSameIndex: number
        case .removeNearest: nearest
        }
    }

    /// How many more results are to be searched for because one can be removed.
    var extra: Int { self == .keep ? 0 : 1 }
}

/// What a query counts that no item of the database is relevant to.
package enum LoneQueries: String, Sendable, Hashable, CaseIterable {
    /// It is left out of the means, and counted.
    case exclude
    /// It counts as 0.
    case countAsZero = "count_as_zero"
}

/// The order of the database that a class's NDCG is measured against.
package enum IdealOrder: Sendable, Hashable {
    /// Items of the class first: NDCG of a class is at most 1.
    case ofClass
    /// By the relevance to all classes of the query, as the chest CT system orders them: NDCG of a class can exceed 1. Sets of
    /// equal relevance are ordered by their place in `table`, those not in it last.
    case overall(table: [LabelSet])
}

/// How rankings are judged. Every report prints it.
package struct RetrievalRules: Sendable, Hashable {
    /// The k of precision@k and the others, ascending.
    package let cutoffs: [Int]
    package let selfMatch: SelfMatch
    package let relevance: JaccardRelevance
    package let loneQueries: LoneQueries
    package let idealOrder: IdealOrder
    /// NDCG is DCG / max(`idealFloor`, ideal DCG): 1 lowers it where all that is relevant is relevant in part only; 0 is the
    /// textbook's quotient.
    package let idealFloor: Double

    package static let usualCutoffs = [1, 3, 5, 10, 20]
    package static let tieRule = "equal distances by ascending index"

    package init(
        cutoffs: [Int] = usualCutoffs, selfMatch: SelfMatch, relevance: JaccardRelevance = JaccardRelevance(),
        loneQueries: LoneQueries = .exclude, idealOrder: IdealOrder = .ofClass, idealFloor: Double = 1
    ) throws(MetricError) {
        guard !cutoffs.isEmpty, cutoffs.allSatisfy({ $0 > 0 }), zip(cutoffs, cutoffs.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw MetricError(.setting, "cutoffs", "k must be positive and ascending, such as 1, 3, 5, 10, 20")
        }
        guard idealFloor.isFinite, idealFloor >= 0 else {
            throw MetricError(.setting, "ideal floor", "must be 0 or more; 1 and 0 are usual")
        }
        self.cutoffs = cutoffs
        self.selfMatch = selfMatch
        self.relevance = relevance
        self.loneQueries = loneQueries
        self.idealOrder = idealOrder
        self.idealFloor = idealFloor
    }

    /// The definitions in words, one a line.
    package var text: String {
        let ideal =
            switch self.idealOrder {
            case .ofClass: "of the class"
            case .overall: "by the relevance to all classes (can exceed 1)"
            }
        let floor = self.idealFloor == 0 ? "ideal DCG" : "max(\(fixed(self.idealFloor, decimals: 0)), ideal DCG)"
        return [
            "relevance: \(self.relevance.text)",
            "mAP@k: precision at each rank weighted by its relevance, over the relevance found up to k; recall@k over max(1, all relevance)",
            "NDCG@k: linear gain, over \(floor); ideal order of a class's NDCG \(ideal)",
            "self match: \(self.selfMatch.text)",
            "ties: \(Self.tieRule)",
        ].joined(separator: "\n")
    }
}
