/// Precision, recall and F1 of cases that can have several classes at once; a quotient with denominator 0 counts as 0.
package struct MultiLabelScores: Sendable, Equatable {
    /// `[K]`; a class that occurs neither in the truth nor in the answers counts as 0.
    package let classScores: [ClassScore]
    /// Of the counts of all classes together.
    package let micro: AverageScore
    /// The mean over all K classes.
    package let macro: AverageScore
    /// The mean over classes weighted by their true cases; 0 without any.
    package let weighted: AverageScore
    package let cases: Int

    /// The rule by which absent classes count, for reports.
    package static let rule = "quotients with denominator 0 count as 0; macro over all classes, absent ones as 0"

    /// `answers` and `truth` are `[N][K]`.
    package init(answers: [[Bool]], truth: [[Bool]], classes: Int) throws(MetricError) {
        guard classes > 0 else { throw MetricError(.setting, "classes", "at least one class is needed") }
        guard answers.count == truth.count else {
            throw MetricError(
                .size, "answers", "\(answers.count) cases, but the truth has \(truth.count); give one answer for each")
        }
        var detections = Array(repeating: (hit: 0, miss: 0, quiet: 0, alarm: 0), count: classes)
        for (number, (row, expected)) in zip(answers, truth).enumerated() {
            guard row.count == classes, expected.count == classes else {
                let counts = "\(row.count) answers and \(expected.count) true labels"
                throw MetricError(.size, "answers", "case \(number) has \(counts); both must be \(classes)")
            }
            for index in 0..<classes {
                switch (expected[index], row[index]) {
                case (true, true): detections[index].hit += 1
                case (true, false): detections[index].miss += 1
                case (false, true): detections[index].alarm += 1
                case (false, false): detections[index].quiet += 1
                }
            }
        }
        self.cases = truth.count
        self.classScores = detections.map { Self.score(hit: $0.hit, miss: $0.miss, quiet: $0.quiet, alarm: $0.alarm) }
        let all = detections.reduce((hit: 0, miss: 0, quiet: 0, alarm: 0)) {
            ($0.hit + $1.hit, $0.miss + $1.miss, $0.quiet + $1.quiet, $0.alarm + $1.alarm)
        }
        let together = Self.score(hit: all.hit, miss: all.miss, quiet: all.quiet, alarm: all.alarm)
        self.micro = AverageScore(precision: together.precision, recall: together.recall, f1: together.f1)
        self.macro = Self.mean(self.classScores, weights: self.classScores.map { _ in 1 })
        self.weighted = Self.mean(self.classScores, weights: self.classScores.map(\.support))
    }

    /// A class is answered where its logit is above `threshold`: 0 is a probability of one half. `logits` is `[N][K]`.
    package init(logits: [[Double]], above threshold: Double = 0, truth: [[Bool]], classes: Int) throws(MetricError) {
        for (number, row) in logits.enumerated() where row.contains(where: \.isNaN) {
            throw MetricError(.value, "logits", "case \(number) has a logit that is not a number; look at the model's output")
        }
        try self.init(answers: logits.map { $0.map { $0 > threshold } }, truth: truth, classes: classes)
    }

    /// The figures for people; `classNames` has a name for each class.
    package func text(classNames: [String]) -> String {
        precondition(classNames.count == self.classScores.count, "names and classes differ in number")
        var rows = [["", "precision", "recall", "F1", "true", "answered"]]
        for (name, score) in zip(classNames, self.classScores) {
            let values = [score.precision, score.recall, score.f1].map { fixed($0) }
            rows.append([name] + values + ["\(score.support)", "\(score.answers)"])
        }
        for (name, score) in [("micro", self.micro), ("macro", self.macro), ("weighted", self.weighted)] {
            rows.append([name] + [score.precision, score.recall, score.f1].map { fixed($0) })
        }
        return [counted(self.cases, "case", "cases"), textTable(rows), Self.rule].joined(separator: "\n")
    }

    private static func score(hit: Int, miss: Int, quiet: Int, alarm: Int) -> ClassScore {
        func quotient(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
        return ClassScore(
            precision: quotient(hit, hit + alarm), recall: quotient(hit, hit + miss),
            f1: quotient(2 * hit, 2 * hit + miss + alarm),
            specificity: quotient(quiet, quiet + alarm), support: hit + miss, answers: hit + alarm)
    }

    private static func mean(_ scores: [ClassScore], weights: [Int]) -> AverageScore {
        let sum = Double(weights.reduce(0, +))
        func average(_ value: (ClassScore) -> Double) -> Double {
            sum == 0 ? 0 : zip(scores, weights).reduce(0) { $0 + value($1.0) * Double($1.1) } / sum
        }
        return AverageScore(precision: average(\.precision), recall: average(\.recall), f1: average(\.f1))
    }
}
