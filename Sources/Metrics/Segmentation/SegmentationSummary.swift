/// Which standard deviation a summary shows.
package enum Spread: String, Sendable, Hashable, CaseIterable {
    /// Over n, as the evaluator shows it.
    case population
    /// Over n − 1, as the table of `calculate_metrics` does; undefined for one value.
    case sample

    package var text: String {
        switch self {
        case .population: "over n"
        case .sample: "over n - 1"
        }
    }
}

/// One figure over many pictures.
package struct MetricSummary: Sendable, Hashable {
    /// Nil without a defined value, as are the others.
    package let mean: Double?
    package let standardDeviation: Double?
    package let minimum: Double?
    package let maximum: Double?
    package let median: Double?
    /// Values that went in.
    package let count: Int
    /// Values left out because the figure is undefined there.
    package let undefined: Int

    /// An infinite value makes the mean infinite and the deviation undefined; it is not hidden.
    package init(_ values: [Double?], spread: Spread) {
        let defined = values.compactMap(\.self).filter { !$0.isNaN }.sorted()
        let count = Double(defined.count)
        let mean = defined.isEmpty ? nil : defined.reduce(0, +) / count
        let freedom = spread == .population ? count : count - 1
        let squares = mean.map { mean in defined.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } } ?? .nan
        let deviation = freedom > 0 ? (squares / freedom).squareRoot() : .nan
        self.mean = mean
        self.standardDeviation = deviation.isFinite ? deviation : nil
        self.minimum = defined.first
        self.maximum = defined.last
        self.median = defined.isEmpty ? nil : (defined[(defined.count - 1) / 2] + defined[defined.count / 2]) / 2
        self.count = defined.count
        self.undefined = values.count - defined.count
    }
}

/// The figures of many predicted masks, with the rules they were computed by.
package struct SegmentationSummary: Sendable, Equatable {
    package let images: Int
    package let rule: EmptyMaskRule
    package let spread: Spread
    package let spacing: PixelSpacing?
    package let boundaryTolerance: Double
    private let metrics: [SegmentationMetric: MetricSummary]

    /// Scores by different rules are refused. Pictures of different spacing are summed in its unit.
    package init(_ scores: [SegmentationScores], spread: Spread) throws(MetricError) {
        guard let first = scores.first else { throw MetricError(.empty, "masks", "there is no picture to summarize") }
        for (number, score) in scores.enumerated()
        where score.rule != first.rule || score.boundaryTolerance != first.boundaryTolerance {
            throw MetricError(
                .setting, "masks",
                "picture \(number) was judged by another rule (\(score.rule.name)) than the first (\(first.rule.name)); use one")
        }
        self.images = scores.count
        self.rule = first.rule
        self.spread = spread
        self.spacing = scores.allSatisfy { $0.spacing == first.spacing } ? first.spacing : nil
        self.boundaryTolerance = first.boundaryTolerance
        self.metrics = SegmentationMetric.allCases.reduce(into: [:]) { metrics, metric in
            metrics[metric] = MetricSummary(scores.map { $0[metric] }, spread: spread)
        }
    }

    package subscript(_ metric: SegmentationMetric) -> MetricSummary {
        self.metrics[metric] ?? MetricSummary([], spread: self.spread)
    }

    /// The summary for people.
    package var text: String {
        var rows = [["", "mean", "std", "min", "max", "median", "left out"]]
        for metric in SegmentationMetric.allCases {
            let summary = self[metric]
            let values = [summary.mean, summary.standardDeviation, summary.minimum, summary.maximum, summary.median]
            rows.append([metric.rawValue] + values.map { fixed($0) } + ["\(summary.undefined)"])
        }
        return [counted(self.images, "picture", "pictures"), textTable(rows), self.rulesText].joined(separator: "\n")
    }

    private var rulesText: String {
        [
            self.rule.text,
            "outlines: mask without its erosion by 4 neighbours, outside is background; spacing \(self.spacing?.text ?? "of each picture")",
            "HD95: 95th percentile of both directions together, interpolated linearly; ASD: mean of the two directed means",
            "BFScore: nearer than \(fixed(self.boundaryTolerance, decimals: 1)); standard deviation \(self.spread.text)",
        ].joined(separator: "\n")
    }
}
