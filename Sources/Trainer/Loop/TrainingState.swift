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
    package var validationLoss: Double?
    package var accuracy: Double?
    package var kappa: Double?
    package var macroAuroc: Double?
    package var anyAuroc: Double?
    package var referableAuroc: Double?
    package var learningRate: Double
    package var seconds: Double

    package static let header =
        "epoch,train_loss,val_loss,accuracy,quadratic_kappa,auroc_macro,auroc_any,auroc_referable,learning_rate,seconds"

    /// The values in the header's order; undefined figures are empty.
    package var line: String {
        func text(_ value: Double?) -> String { value.map { String(format: "%.6g", $0) } ?? "" }
        return [
            String(self.epoch), text(self.trainLoss), text(self.validationLoss), text(self.accuracy), text(self.kappa),
            text(self.macroAuroc), text(self.anyAuroc), text(self.referableAuroc), text(self.learningRate),
            String(format: "%.1f", self.seconds),
        ].joined(separator: ",")
    }
}
