package import Metrics

/// How well queries find pictures of their labels among others, and what their neighbours vote for.
package struct RetrievalEvaluation: Sendable {
    package let labelNames: [String]
    /// The queries against the database.
    package let queries: RetrievalReport
    /// The database against itself without the query; nil for a database of one picture.
    package let database: RetrievalReport?
    /// The votes of the neighbours, with the number of them that is best within the database; nil for pictures of several labels.
    package let vote: KNNReport?
    /// The labels that the network gives the queries; nil where it gives none.
    package let labels: MultiLabelScores?

    package init(queries: EmbeddedPictures, database: EmbeddedPictures, labelNames: [String]) throws(MetricError) {
        self.labelNames = labelNames
        self.queries = try RetrievalReport(
            queries: queries.embeddings, queryLabels: queries.labels, database: database.embeddings,
            databaseLabels: database.labels, classNames: labelNames, rules: RetrievalRules(selfMatch: .keep))
        self.database =
            database.count < 2
            ? nil
            : try RetrievalReport(
                queries: database.embeddings, queryLabels: database.labels, database: database.embeddings,
                databaseLabels: database.labels, classNames: labelNames, rules: RetrievalRules(selfMatch: .removeSameIndex))
        if let truth = queries.classes, let known = database.classes, database.count > 1 {
            let choice = try KNNReport(
                queries: database.embeddings, truth: known, database: database.embeddings, labels: known,
                classes: labelNames.count, selfMatch: .removeSameIndex)
            self.vote = try KNNReport(
                queries: queries.embeddings, truth: truth, database: database.embeddings, labels: known,
                classes: labelNames.count, k: .fixed(choice.k), selfMatch: .keep)
        } else {
            self.vote = nil
        }
        self.labels = try queries.labelScores(count: labelNames.count)
    }

    /// The share of right votes with Wilson's 95 % interval.
    package var accuracy: (value: Double, interval: ConfidenceInterval)? {
        guard let vote = self.vote, let value = vote.accuracy else { return nil }
        let trials = vote.queries - vote.excluded
        return wilsonInterval(successes: Int((value * Double(trials)).rounded()), trials: trials).map { (value, $0) }
    }

    /// mAP@10 and the other figures of an epoch by column; those that are undefined are left out.
    package var figures: [String: Double] {
        func scores(_ report: RetrievalReport?) -> RetrievalScores? {
            guard let report, let place = report.cutoffs.firstIndex(of: 10) else { return nil }
            return report.scores?[place]
        }
        let (found, own) = (scores(self.queries), scores(self.database))
        let values: [String: Double?] = [
            "map10": found?.averagePrecision, "ndcg10": found?.ndcg, "precision10": found?.precision, "recall10": found?.recall,
            "train_map10": own?.averagePrecision, "knn_accuracy": self.vote?.accuracy,
            "micro_f1": self.labels?.micro.f1,
        ]
        return values.compactMapValues(\.self)
    }

    /// The figures for a person.
    package var text: String {
        var parts = ["held-out queries in the training pictures\n" + self.queries.text]
        if let database = self.database { parts.append("the training pictures among themselves\n" + database.text) }
        if let vote = self.vote {
            var text = "k is the best within the training pictures\n" + vote.text
            if let (value, interval) = self.accuracy {
                text += "\n" + Self.line("accuracy", value, interval)
            }
            parts.append(text)
        }
        if let labels = self.labels { parts.append("labels given\n" + labels.text(classNames: self.labelNames)) }
        return parts.joined(separator: "\n\n")
    }

    private static func line(_ name: String, _ value: Double, _ interval: ConfidenceInterval) -> String {
        return "\(name) \(fixed(value)) (95 % \(fixed(interval.lower))-\(fixed(interval.upper)), Wilson)"
    }
}
