import Foundation

/// The trainer's own counters: with weights and optimizer tensors, everything a run needs to go on exactly.
package struct TrainingState: Sendable, Hashable, Codable {
    /// Epochs done.
    package var epoch = 0
    /// Steps done of the epoch that is running.
    package var stepInEpoch = 0
    /// Steps done since the start; what the schedule, the optimizer's bias correction and dropout go by.
    package var step = 0
    /// Sum of the losses of the pictures seen in this epoch, and their number.
    package var lossSum = 0.0
    package var lossCount = 0
    /// Steps whose gradient was not finite and changed nothing.
    package var skippedSteps = 0
    /// Best value of the chosen figure, and the epoch that had it.
    package var best: Double?
    package var bestEpoch: Int?
    /// One row for each epoch done.
    package var history: [EpochRecord] = []

    package init() {}
}

/// A line of `results.csv`.
package struct EpochRecord: Sendable, Hashable, Codable {
    /// From 1.
    package var epoch: Int
    package var trainLoss: Double
    /// Of the held-out examples, by column; undefined ones are absent.
    package var figures: [String: Double]
    package var learningRate: Double
    package var seconds: Double

    /// The header of `results.csv`.
    package static func header(_ figures: [Figure]) -> String {
        (["epoch", "train_loss"] + figures.map(\.column) + ["learning_rate", "seconds"]).joined(separator: ",")
    }

    /// The values in the header's order; undefined figures are empty.
    package func line(_ figures: [Figure]) -> String {
        func text(_ value: Double?) -> String { value.map { String(format: "%.6g", $0) } ?? "" }
        let cells = [String(self.epoch), text(self.trainLoss)] + figures.map { text(self.figures[$0.column]) }
        return (cells + [text(self.learningRate), String(format: "%.1f", self.seconds)]).joined(separator: ",")
    }

    /// One line for a person.
    package func summary(_ figures: [Figure]) -> String {
        let values = figures.compactMap { figure in
            self.figures[figure.column].map { String(format: "  \(figure.label) %.4f", $0) }
        }
        return String(format: "epoch %d  loss %.4f", self.epoch, self.trainLoss) + values.joined()
            + String(format: "  lr %.2e  %.1f s", self.learningRate, self.seconds)
    }
}
