import Metrics
package import Pipelines

/// The figures of a classifier on labelled pictures.
package struct EvaluationReport: Sendable, Codable, Hashable {
    package struct Interval: Sendable, Codable, Hashable {
        package var value: Double
        package var lower: Double
        package var upper: Double
    }

    /// Discrimination of one grade boundary.
    package struct Boundary: Sendable, Codable, Hashable {
        package var name: String
        /// Grades from this one on are positive.
        package var grade: Int
        package var threshold: Double
        /// With a 95 % bootstrap interval that resamples patients.
        package var auroc: Interval?
        /// At the threshold, with Wilson's 95 % intervals.
        package var sensitivity: Interval?
        package var specificity: Interval?
        package var positives: Int
        package var negatives: Int
    }

    package var images: Int
    package var patients: Int
    package var loss: Double?
    package var accuracy: Double?
    package var quadraticKappa: Double?
    package var macroAuroc: Double?
    /// Classes without positives or negatives, which `macroAuroc` leaves out.
    package var undefinedAurocClasses: [Int]
    package var macroF1: Double?
    package var balancedAccuracy: Double?
    package var boundaries: [Boundary]
    /// Counts, true class by row, answered class by column.
    package var confusion: [[Int]]
    package var classNames: [String]

    /// - Parameters:
    ///   - truth: one label for each result.
    ///   - patients: whose picture it is; what the bootstrap draws.
    package init(
        _ results: [ScreeningResult], truth: [Int], patients: [String], task: ScreeningTask, resamples: Int = 2000,
        seed: UInt64 = 42
    ) {
        let classes = task.classNames.count
        let probabilities = results.map(\.probabilities)
        let matrix = ConfusionMatrix(truth: truth, predicted: results.map(\.grade), classes: classes)
        let areas = OneVsRestAuroc(probabilities: probabilities, truth: truth, classes: classes)
        self.images = results.count
        self.patients = Set(patients).count
        self.loss = logLoss(probabilities: probabilities, truth: truth)
        self.accuracy = matrix.accuracy
        self.quadraticKappa = matrix.kappa(.quadratic)
        self.macroAuroc = areas.macro
        self.undefinedAurocClasses = areas.undefinedClasses
        self.macroF1 = matrix.macro()?.f1
        self.balancedAccuracy = matrix.balancedAccuracy
        self.confusion = matrix.rows
        self.classNames = task.classNames
        var boundaries = [("any", 1, 0.5)]
        if let grade = task.referableFrom, grade > 1, grade < classes {
            boundaries.append(("referable", grade, task.referableThreshold))
        }
        self.boundaries = boundaries.map { name, grade, threshold in
            Boundary(
                name: name, grade: grade, threshold: threshold, probabilities: probabilities, truth: truth, patients: patients,
                bootstrap: resamples > 0 ? Bootstrap(resamples: resamples, seed: seed) : nil)
        }
    }

    /// The boundary of that name.
    package func boundary(_ name: String) -> Boundary? { self.boundaries.first { $0.name == name } }
}

extension EvaluationReport.Boundary {
    fileprivate init(
        name: String, grade: Int, threshold: Double, probabilities: [[Double]], truth: [Int], patients: [String],
        bootstrap: Bootstrap?
    ) {
        let boundary = OrdinalThreshold(grade: grade)
        let positive = truth.map(boundary.isPositive)
        self.name = name
        self.grade = grade
        self.threshold = threshold
        self.positives = positive.count(where: { $0 })
        self.negatives = positive.count - self.positives
        if let ranked = boundary.ranked(probabilities: probabilities, truth: truth), let area = ranked.auroc {
            let interval = bootstrap?.aurocInterval(ranked, groups: patients)?.interval
            self.auroc = EvaluationReport.Interval(value: area, lower: interval?.lower ?? area, upper: interval?.upper ?? area)
        }
        let detection = Detection(scores: probabilities.map(boundary.score), positive: positive, threshold: threshold)
        self.sensitivity = Self.interval(detection.sensitivity, detection.sensitivityInterval)
        self.specificity = Self.interval(detection.specificity, detection.specificityInterval)
    }

    private static func interval(_ value: Double?, _ bounds: ConfidenceInterval?) -> EvaluationReport.Interval? {
        guard let value, let bounds else { return nil }
        return EvaluationReport.Interval(value: value, lower: bounds.lower, upper: bounds.upper)
    }
}
