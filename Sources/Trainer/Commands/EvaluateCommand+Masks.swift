import Architectures
import Checkpoints
import Foundation
import Imaging
import Pipelines
import Runtime

extension EvaluateCommand {
    /// Pictures of a mosaic.
    private static let mosaicRows = 8

    /// The figures of a segmentation network.
    func evaluateMasks(
        _ directory: RunDirectory, _ recipe: ModelRecipe, _ checkpoint: CheckpointName, _ task: SegmentationTask
    ) async throws {
        let weights = try directory.weights(of: checkpoint)
        let pictures = try self.maskedPictures(task)
        guard pictures.count > 0 else {
            throw ConfigurationError(.value, self.run, "has no held-out pictures; name others with --csv, --images and --masks")
        }
        var system = TrainingConfiguration.SystemSection()
        system.threads = self.threads
        let threads = system.computeThreads
        let evaluator = try Evaluator(
            recipe, batchSize: min(4, pictures.count), parameters: weights, threads: threads)
        var progress = ProgressLine()
        var mosaic = MaskMosaic()
        if let folder = self.masksOutput {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        var done = 0
        let step = max(1, pictures.count / Self.mosaicRows)
        let evaluation = try await MaskEvaluation(
            pictures, task, evaluator, on: ComputeThread(threads: threads), prefetch: system.prefetch
        ) { index, image, truth, answer in
            done += 1
            progress.show("evaluate", done: done, of: pictures.count, note: "")
            if self.mosaic != nil, index % step == 0, index / step < Self.mosaicRows {
                try mosaic.add(image, truth: truth, answer: answer)
            }
            if let folder = self.masksOutput {
                let png = try answer.png(width: image.width, height: image.height)
                try AtomicFile.write(png, to: "\(folder)/\(pictures.rows[index].id).png")
            }
        }
        progress.clear()
        print(evaluation.text)
        if let path = self.mosaic, let png = try mosaic.png() { try AtomicFile.write(png, to: path) }
        if let path = self.predictions { try AtomicFile.write(Array(evaluation.csv.utf8), to: path) }
    }

    /// The run's held-out pictures, or those that the options name.
    private func maskedPictures(_ task: SegmentationTask) throws -> MaskedPictures {
        let configuration = try ConfigurationFile.load(
            "\(self.run)/config.yaml", overrides: [], defaults: TrainingConfiguration.standard())
        guard let csv = self.csv else { return try SegmentationObjective(configuration).validation }
        guard let images = self.images else { throw ConfigurationError(.value, "--images", "is missing beside --csv") }
        guard let masks = self.masks else { throw ConfigurationError(.value, "--masks", "is missing beside --csv") }
        let table = try LabelTable(file: URL(fileURLWithPath: csv), classes: configuration.data.classNames.count)
        let set = try LabelledFiles(table, in: ImageFolder(URL(fileURLWithPath: images))).pictures(task.preprocessing)
        return try MaskedPictures(
            set, masks: ImageFolder(URL(fileURLWithPath: masks)), table: table.name, values: configuration.data.maskValues,
            cacheByteCount: 0)
    }
}
