import Architectures
import Checkpoints
import Foundation
import Pipelines
import Runtime

extension EvaluateCommand {
    /// Neighbours of a query that are written to a file.
    private static let neighbourCount = 20

    /// The figures of a network that embeds: held-out pictures, or those that the options name, searched in all training
    /// pictures of the run.
    func evaluateRetrieval(
        _ directory: RunDirectory, _ recipe: ModelRecipe, _ checkpoint: CheckpointName, _ task: RetrievalTask
    ) async throws {
        let weights = try directory.weights(of: checkpoint)
        let configuration = try ConfigurationFile.load(
            "\(self.run)/config.yaml", overrides: [], defaults: .standard())
        let (training, held) = try DataSource(configuration).examples(configuration)
        let queries = try self.queries(configuration) ?? held
        guard queries.count > 0 else {
            throw ConfigurationError(.value, self.run, "has no held-out pictures; name others with --csv and --images")
        }
        var system = TrainingConfiguration.SystemSection()
        system.threads = self.threads
        let thread = try ComputeThread(threads: system.computeThreads)
        let evaluator = try Evaluator(recipe, batchSize: 1, parameters: weights, threads: system.computeThreads)
        var progress = ProgressLine()
        let database = try await training.embedded(evaluator, on: thread, prefetch: system.prefetch) { done, total in
            progress.show("database", done: done, of: total, note: "")
        }
        let asked = try await queries.embedded(evaluator, on: thread, prefetch: system.prefetch) { done, total in
            progress.show("queries", done: done, of: total, note: "")
        }
        progress.clear()
        let evaluation = try RetrievalEvaluation(queries: asked, database: database, labelNames: task.labelNames)
        print(evaluation.text)
        if let path = self.report {
            _ = try AtomicFile.write(try RunDirectory.json(evaluation.figures, file: path), to: path)
        }
        if let path = self.neighbours {
            let table = try await thread.run {
                try NeighbourTable(queries: asked, database: database, count: Self.neighbourCount)
            }
            _ = try AtomicFile.write(Array(table.csv.utf8), to: path)
        }
    }

    private func queries(_ configuration: TrainingConfiguration) throws -> (any ExampleSet)? {
        guard let csv = self.csv else { return nil }
        guard let images = self.images else { throw ConfigurationError(.value, "--images", "is missing beside --csv") }
        let table = try LabelTable(file: URL(fileURLWithPath: csv), scheme: configuration.data.labelScheme)
        let files = try LabelledFiles(table, in: ImageFolder(URL(fileURLWithPath: images), of: configuration.content))
        return switch configuration.content {
        case .picture: files.pictures(configuration.image)
        case .volume: files.volumes(configuration.volume)
        }
    }
}
