import Checkpoints
package import Graph
import Pipelines
package import Runtime

/// One label for each picture.
package struct ScreeningObjective: Objective {
    private let configuration: TrainingConfiguration
    package let data: DataSource
    private let training: PictureSet
    private let validation: PictureSet

    package init(_ configuration: TrainingConfiguration) throws {
        self.configuration = configuration
        self.data = try DataSource(configuration)
        (self.training, self.validation) = self.data.pictures(configuration)
    }

    private var classes: Int { self.configuration.data.classNames.count }
    private var isBalanced: Bool { self.configuration.training.classWeights == .balanced }

    package var loss: any TrainingLoss {
        ClassificationLoss(
            classes: self.classes, labelSmoothing: self.configuration.training.labelSmoothing, usesClassWeights: self.isBalanced)
    }

    package var lossParameters: [String: Tensor] {
        guard self.isBalanced else { return [:] }
        return [ClassificationLoss.classWeightsName: balancedWeights(self.training.rows.map(\.grade), classes: self.classes)]
    }

    package var trainingCount: Int { self.training.count }
    package var heldOutCount: Int { self.validation.count }

    package var batchSize: Int { min(self.configuration.training.batchSize, self.trainingCount) }

    package func trainingBatches() -> any BatchSource {
        BatchLoader(
            self.training, batchSize: self.batchSize, augmentation: self.configuration.augmentation,
            seed: self.configuration.training.seed)
    }

    package func trainingPictures(size: Int) -> any BatchSource { BatchLoader(evaluating: self.training, batchSize: size) }

    package let figures = [
        Figure("val_loss", "val loss"), Figure("accuracy", "acc"), Figure("quadratic_kappa", "kappa"),
        Figure("auroc_macro", "AUROC macro"), Figure("auroc_any", "AUROC any"), Figure("auroc_referable", "referable"),
    ]

    package func judge(_ evaluator: Evaluator, on thread: ComputeThread) async throws -> [String: Double] {
        let task = self.configuration.screeningTask
        let results = try await self.validation.results(
            evaluator, task, on: thread, prefetch: self.configuration.system.prefetch)
        let rows = self.validation.rows
        let report = EvaluationReport(
            results, truth: rows.map(\.grade), patients: rows.map(\.patient), task: task, resamples: 0)
        let values = [
            "val_loss": report.loss, "accuracy": report.accuracy, "quadratic_kappa": report.quadraticKappa,
            "auroc_macro": report.macroAuroc, "auroc_any": report.boundary("any")?.auroc?.value,
            "auroc_referable": report.boundary("referable")?.auroc?.value,
        ]
        return values.compactMapValues(\.self)
    }

    package func merit(_ figures: [String: Double]) -> Double? {
        switch self.configuration.training.bestBy {
        case .loss: figures["val_loss"].map { -$0 }
        case .accuracy: figures["accuracy"]
        case .kappa: figures["quadratic_kappa"]
        case .auroc: figures["auroc_any"] ?? (self.classes == 2 ? nil : figures["auroc_macro"])
        case .dice, .map, .knn, .microF1: nil
        }
    }

    package func files() throws -> [String: [UInt8]] {
        [
            RunFile.task: try RunDirectory.json(ModelTask.screening(self.configuration.screeningTask), file: RunFile.task),
            RunFile.split: Array(self.data.splitCSV.utf8),
        ]
    }

    package var summary: [String] {
        self.data.summary.map {
            "\($0.part.rawValue): \($0.images) pictures of \($0.patients) patients, by class \($0.grades)"
        } + self.data.duplicates.map { "warning: \($0)" }
    }

    package func readAll(progress: @Sendable (_ done: Int, _ total: Int) -> Void) throws(DataError) {
        try Trainer.readAll(self.training, self.validation, progress: progress)
    }
}

extension PictureSet {
    /// The answers for all pictures, in their order.
    func results(
        _ evaluator: Evaluator, _ task: ScreeningTask, on thread: ComputeThread, prefetch: Int,
        progress: (Int, Int) -> Void = { _, _ in }
    ) async throws -> [ScreeningResult] {
        let loader = BatchLoader(evaluating: self, batchSize: evaluator.batchSize)
        let classes = task.classNames.count
        var results: [ScreeningResult] = []
        try await evaluator.visit(loader, on: thread, prefetch: prefetch) { batch, answer in
            let logits = answer.output.array(of: Float.self)
            results += batch.rows.indices.map { task.result(logits: Array(logits[($0 * classes)..<(($0 + 1) * classes)])) }
            progress(results.count, self.count)
        }
        return results
    }
}

/// `n / (classes · count)` for each class, as scikit-learn's `balanced`; 0 for a class without pictures.
private func balancedWeights(_ grades: [Int], classes: Int) -> Tensor {
    var counts = [Int](repeating: 0, count: classes)
    for grade in grades { counts[grade] += 1 }
    let weights = counts.map { $0 == 0 ? 0 : Float(grades.count) / Float(classes * $0) }
    return Tensor(weights, shape: [classes])
}
