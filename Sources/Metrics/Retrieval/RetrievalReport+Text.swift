extension RetrievalReport {
    /// The report for people: figures by k, and every rule they depend on.
    package var text: String {
        var rows = [["k"] + self.cutoffs.map(String.init)]
        func add(_ name: String, _ scores: [RetrievalScores]?) {
            for (figure, value) in Self.figures {
                rows.append(["\(name)\(figure)"] + self.cutoffs.indices.map { fixed(scores?[$0][keyPath: value]) })
            }
        }
        add("", self.scores)
        add("random ", self.random)
        add("classes ", self.aggregated)
        for report in self.classes where report.queries > 0 { add("\(report.name) ", report.scores) }
        return ([self.head, textTable(rows), self.rules.text, self.exclusions] + self.classExclusions).joined(separator: "\n")
    }

    private static let figures: [(name: String, value: any KeyPath<RetrievalScores, Double> & Sendable)] = [
        ("precision", \.precision), ("recall", \.recall), ("mAP", \.averagePrecision), ("NDCG", \.ndcg),
    ]

    private var head: String {
        let search =
            switch self.search {
            case .exact: "exact search"
            case .approximate(let recall): "approximate search (finds \(fixed(recall)) of the exact neighbours)"
            }
        return "\(counted(self.queries, "query", "queries")), \(counted(self.items, "item", "items")), \(search)"
    }

    private var exclusions: String {
        let reasons = Exclusion.allCases.compactMap { reason in
            self.excluded[reason].map { "\($0), \(reason.text)" }
        }
        let lone =
            switch self.rules.loneQueries {
            case .exclude: "queries that no item is relevant to are left out"
            case .countAsZero: "queries that no item is relevant to count as 0"
            }
        return "excluded queries: \(reasons.isEmpty ? "0" : reasons.joined(separator: "; ")) (\(lone))"
    }

    private var classExclusions: [String] {
        self.classes.filter { $0.queries == 0 || $0.excluded > 0 }.map { report in
            "class \(report.name): \(counted(report.queries, "query", "queries")), \(report.excluded) excluded"
        }
    }
}
