import Checkpoints
import Foundation
package import Graph
import Imaging
import Metrics
import Pipelines
package import Runtime

/// A mask of one class for each picture.
package struct SegmentationObjective: Objective {
    private let configuration: TrainingConfiguration
    private let data: DataSource
    package let training: MaskedPictures
    package let validation: MaskedPictures

    package init(_ configuration: TrainingConfiguration) throws {
        self.configuration = configuration
        self.data = try DataSource(configuration)
        let folder = try ImageFolder(URL(fileURLWithPath: configuration.data.masks))
        let room = configuration.system.cacheMegabytes << 20
        func masked(_ files: LabelledFiles, share: Double) throws(DataError) -> MaskedPictures {
            try MaskedPictures(
                files.pictures(configuration.image), masks: folder,
                table: URL(fileURLWithPath: configuration.data.csv).lastPathComponent,
                values: configuration.data.maskValues, cacheByteCount: Int(Double(room) * share))
        }
        self.training = try masked(self.data.training, share: 0.75)
        self.validation = try masked(self.data.validation, share: 0.25)
    }

    package var loss: any TrainingLoss { SegmentationLoss(diceWeight: self.configuration.training.diceWeight) }
    package let lossParameters: [String: Tensor] = [:]
    package var trainingCount: Int { self.training.count }
    package var heldOutCount: Int { self.validation.count }

    package var batchSize: Int { min(self.configuration.training.batchSize, self.trainingCount) }

    package func trainingBatches() -> any BatchSource {
        MaskBatchLoader(
            self.training, batchSize: self.batchSize, augmentation: self.configuration.augmentation,
            seed: self.configuration.training.seed)
    }

    package func trainingPictures(size: Int) -> any BatchSource { MaskBatchLoader(evaluating: self.training, batchSize: size) }

    package let figures = [
        Figure("dice", "Dice"), Figure("iou", "IoU"), Figure("empty_right", "empty right"), Figure("val_loss", "val loss"),
    ]

    /// Dice and IoU are means over the held-out pictures whose mask is not empty, at the network's size; `empty_right` is the
    /// share of the others that are answered with an empty mask. `val_loss` is the mean cross-entropy of all pixels.
    package func judge(_ evaluator: Evaluator, on thread: ComputeThread) async throws -> [String: Double] {
        let loader = MaskBatchLoader(evaluating: self.validation, batchSize: evaluator.batchSize)
        let area = self.configuration.image.height * self.configuration.image.width
        var (dice, iou, empty, loss) = (Mean(), Mean(), Mean(), Mean())
        try await evaluator.visit(loader, on: thread, prefetch: self.configuration.system.prefetch) { batch, answer in
            guard let target = batch.inputs["target"] else { return }
            let (logits, truth) = (answer.output.array(of: Float.self), target.array(of: Float.self))
            for position in batch.rows.indices {
                let pixels = (position * area)..<((position + 1) * area)
                var (both, answered, expected) = (0, 0, 0)
                for pixel in pixels {
                    let (isAnswer, isTruth) = (logits[pixel] > 0, truth[pixel] > 0)
                    both += isAnswer && isTruth ? 1 : 0
                    answered += isAnswer ? 1 : 0
                    expected += isTruth ? 1 : 0
                    let x = Double(logits[pixel])
                    loss.add(max(x, 0) - x * Double(truth[pixel]) + log1p(exp(-abs(x))))
                }
                guard expected > 0 else {
                    empty.add(answered == 0 ? 1 : 0)
                    continue
                }
                dice.add(2 * Double(both) / Double(answered + expected))
                iou.add(Double(both) / Double(answered + expected - both))
            }
        }
        let values = ["dice": dice.value, "iou": iou.value, "empty_right": empty.value, "val_loss": loss.value]
        return values.compactMapValues(\.self)
    }

    package func merit(_ figures: [String: Double]) -> Double? {
        self.configuration.training.bestBy == .loss ? figures["val_loss"].map { -$0 } : figures["dice"]
    }

    package func files() throws -> [String: [UInt8]] {
        [
            RunFile.task: try RunDirectory.json(
                ModelTask.segmentation(self.configuration.segmentationTask), file: RunFile.task),
            RunFile.split: Array(self.data.splitCSV.utf8),
        ]
    }

    package var summary: [String] {
        self.data.summary.map { "\($0.part.rawValue): \($0.images) pictures with masks, of \($0.patients) patients" }
            + self.data.duplicates.map { "warning: \($0)" }
    }

    package func readAll(progress: @Sendable (_ done: Int, _ total: Int) -> Void) throws(DataError) {
        let total = self.training.count + self.validation.count
        let first = self.training.problems { progress($0, total) }
        let second = self.validation.problems { progress(self.training.count + $0, total) }
        try (first + second).raise(about: "pictures and masks")
    }
}

/// A running mean.
private struct Mean {
    private var sum = 0.0
    private var count = 0

    mutating func add(_ value: Double) {
        self.sum += value
        self.count += 1
    }

    /// Nil before the first value.
    var value: Double? { self.count > 0 ? self.sum / Double(self.count) : nil }
}
