import Architectures
import Checkpoints
import Foundation
import Graph
import Imaging
import Pipelines
import Runtime

/// `dr-train evaluate`.
package struct EvaluateCommand: Sendable {
    let run: String
    let checkpoint: String?
    let csv: String?
    let images: String?
    /// Segmentation: the folder of the true masks.
    package var masks: String?
    let predictions: String?
    let report: String?
    /// Segmentation: a PNG of some pictures with truth and answer, and the folder of all answers.
    package var mosaic: String?
    package var masksOutput: String?
    /// Retrieval: a CSV of the nearest training pictures of each query.
    package var neighbours: String?
    let threads: Int

    package init(
        run: String, checkpoint: String?, csv: String?, images: String?, predictions: String?, report: String?, threads: Int
    ) {
        self.run = run
        self.checkpoint = checkpoint
        self.csv = csv
        self.images = images
        self.predictions = predictions
        self.report = report
        self.threads = threads
    }

    package func run() async throws {
        let directory = try RunDirectory.open(at: self.run, forWriting: false)
        let name: CheckpointName
        if let text = self.checkpoint {
            guard let known = CheckpointName(text) else {
                throw ConfigurationError(.value, "--checkpoint", "must be best, last, interrupted or epoch_N")
            }
            name = known
        } else {
            name = try directory.preferredCheckpoint()
        }
        let recipe = try directory.value(ModelRecipe.self, in: RunFile.recipe)
        let task: ScreeningTask
        switch try directory.value(ModelTask.self, in: RunFile.task) {
        case .screening(let screening): task = screening
        case .segmentation(let segmentation): return try await self.evaluateMasks(directory, recipe, name, segmentation)
        case .retrieval(let retrieval): return try await self.evaluateRetrieval(directory, recipe, name, retrieval)
        }
        let weights = try directory.weights(of: name)
        let pictures = try self.pictures(directory, task)
        guard pictures.count > 0 else {
            throw ConfigurationError(.value, self.run, "has no held-out pictures; name others with --csv and --images")
        }
        var system = TrainingConfiguration.SystemSection()
        system.threads = self.threads
        let threads = system.computeThreads
        let batchSize = min(16, pictures.count)
        let evaluator = try Evaluator(recipe, batchSize: batchSize, parameters: weights, threads: threads)
        var progress = ProgressLine()
        let results = try await pictures.results(
            evaluator, task, on: ComputeThread(threads: threads), prefetch: system.prefetch
        ) { done, total in
            progress.show("evaluate", done: done, of: total, note: "")
        }
        progress.clear()
        let report = EvaluationReport(
            results, truth: pictures.rows.map(\.grade), patients: pictures.rows.map(\.patient), task: task)
        print(report.text)
        if let path = self.report { _ = try AtomicFile.write(try RunDirectory.json(report, file: path), to: path) }
        if let path = self.predictions {
            let text = Self.table(pictures.rows, results, classes: task.classNames.count)
            _ = try AtomicFile.write(Array(text.utf8), to: path)
        }
    }

    /// The run's held-out pictures, or those that the options name.
    private func pictures(_ directory: RunDirectory, _ task: ScreeningTask) throws -> PictureSet {
        if let csv = self.csv {
            guard let images = self.images else { throw ConfigurationError(.value, "--images", "is missing beside --csv") }
            let table = try LabelTable(file: URL(fileURLWithPath: csv), classes: task.classNames.count)
            return try LabelledFiles(table, in: ImageFolder(URL(fileURLWithPath: images))).pictures(task.preprocessing)
        }
        let configuration = try ConfigurationFile.load(
            "\(self.run)/config.yaml", overrides: [], defaults: TrainingConfiguration(image: task.preprocessing))
        return try DataSource(configuration).validation.pictures(configuration.image)
    }

    private static func table(_ rows: [LabelRow], _ results: [ScreeningResult], classes: Int) -> String {
        var lines = ["id_code,diagnosis,grade," + (0..<classes).map { "p\($0)" }.joined(separator: ",")]
        for (row, result) in zip(rows, results) {
            let probabilities = result.probabilities.map { String(format: "%.9g", $0) }.joined(separator: ",")
            lines.append("\(row.id),\(row.grade),\(result.grade),\(probabilities)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
