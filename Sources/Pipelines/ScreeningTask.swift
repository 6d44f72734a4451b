#if canImport(Glibc)
    import Glibc
#endif
package import Imaging
import Metrics

/// What a classifier's outputs mean and how its inputs are made; `task.json` of a run and part of a model's card.
package struct ScreeningTask: Sendable, Hashable, Codable {
    /// Names of the classes in the order of the logits.
    package var classNames: [String]
    /// Grades from this one on are referable; nil where the classes are no grades.
    package var referableFrom: Int?
    /// Probability of a referable grade from which on the decision is to refer.
    package var referableThreshold: Double
    /// Logits are divided by this before the softmax.
    package var temperature: Double
    /// From a decoded picture to the network's input.
    package var preprocessing: Preprocessing

    package init(
        classNames: [String], referableFrom: Int?, referableThreshold: Double = 0.5, temperature: Double = 1,
        preprocessing: Preprocessing
    ) {
        self.classNames = classNames
        self.referableFrom = referableFrom
        self.referableThreshold = referableThreshold
        self.temperature = temperature
        self.preprocessing = preprocessing
    }
}

/// A classifier's answer for one picture.
package struct ScreeningResult: Sendable, Hashable, Codable {
    /// Softmax of the logits, one for each class.
    package var probabilities: [Double]
    /// The most probable class; the lower one of equals.
    package var grade: Int
    /// Probability of a referable grade and the decision; nil where the task knows none.
    package var referable: Referable?

    package struct Referable: Sendable, Hashable, Codable {
        package var probability: Double
        package var threshold: Double
        package var decision: Bool
    }
}

extension ScreeningTask {
    /// The answer for a picture's logits; the one place where logits become grades, for evaluation and serving alike.
    package func result(logits: [Float]) -> ScreeningResult {
        precondition(logits.count == self.classNames.count, "\(logits.count) logits for \(self.classNames.count) classes")
        let scaled = logits.map { Double($0) / self.temperature }
        let peak = scaled.max() ?? 0
        let powers = scaled.map { exp($0 - peak) }
        let sum = powers.reduce(0, +)
        let grade = logits.indices.max { (logits[$0], -$0) < (logits[$1], -$1) } ?? 0
        return self.result(probabilities: powers.map { $0 / sum }, grade: grade)
    }

    /// The answer for probabilities that were averaged over views or models.
    package func result(probabilities: [Double]) -> ScreeningResult {
        self.result(probabilities: probabilities, grade: mostProbable(probabilities))
    }

    private func result(probabilities: [Double], grade: Int) -> ScreeningResult {
        let referable = self.referableFrom.map { first in
            let probability = probabilities[first...].reduce(0, +)
            return ScreeningResult.Referable(
                probability: probability, threshold: self.referableThreshold, decision: probability >= self.referableThreshold)
        }
        return ScreeningResult(probabilities: probabilities, grade: grade, referable: referable)
    }
}
