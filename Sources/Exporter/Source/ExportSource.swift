package import Architectures
package import Checkpoints
package import Graph
package import Pipelines
import Foundation

/// A trained network with everything that its package says about it.
package struct ExportSource: Sendable {
    package var recipe: ModelRecipe
    package var task: ModelTask
    /// Every parameter of the recipe by name, adapters included.
    package var weights: [String: Tensor]
    /// The name that a package gets when nobody gives one.
    package var suggestedName: String
    /// The checkpoint that was read, `random` for weights that no training made.
    package var checkpoint: String
    /// SHA-256 of the run's configuration.
    package var configurationSHA256: String
    /// Counts of the training data by name.
    package var trainingData: [String: Int]

    package init(
        recipe: ModelRecipe, task: ModelTask, weights: [String: Tensor], suggestedName: String, checkpoint: String,
        configurationSHA256: String, trainingData: [String: Int] = [:]
    ) {
        self.recipe = recipe
        self.task = task
        self.weights = weights
        self.suggestedName = suggestedName
        self.checkpoint = checkpoint
        self.configurationSHA256 = configurationSHA256
        self.trainingData = trainingData
    }
}

extension ExportSource {
    /// Reads a run; every file is verified against its manifest.
    /// - Parameter checkpoint: `best` when nil, or `last` where there is no best one.
    package static func run(_ path: String, checkpoint: CheckpointName? = nil) throws(ExportError) -> ExportSource {
        do {
            let run = try RunDirectory.open(at: path, forWriting: false)
            let recipe = try run.value(ModelRecipe.self, in: RunFile.recipe)
            let task = try run.value(ModelTask.self, in: RunFile.task)
            try task.check()
            try recipe.check(file: "\(path)/\(RunFile.recipe)")
            guard recipe.classes == task.classNames.count else {
                throw ExportError(
                    .run, "\(path)/\(RunFile.task)",
                    "names \(task.classNames.count) classes, \(RunFile.recipe) has \(recipe.classes)")
            }
            let name = try checkpoint ?? run.preferredCheckpoint()
            let wanted = try recipe.parameterTypes()
            let match = try matchWeights(
                wanted: wanted, available: run.weights(of: name), rules: .exact, file: "\(path)/checkpoints/\(name)")
            return ExportSource(
                recipe: recipe, task: task, weights: match.loaded,
                suggestedName: modelName(URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent),
                checkpoint: "\(name)",
                configurationSHA256: Array(run.config.utf8).withUnsafeBytes { sha256(of: $0) },
                trainingData: self.counts(in: run))
        } catch {
            throw ExportError(error)
        }
    }

    /// How many training pictures there were, in all and of each grade; empty where the run does not say.
    private static func counts(in run: RunDirectory) -> [String: Int] {
        let path = "\(run.path)/\(RunFile.split)"
        guard FileManager.default.fileExists(atPath: path), let table = try? LabelFile(path: path) else { return [:] }
        let rows = table.rows.filter { $0.part.map { $0.hasPrefix("train") } ?? true }
        var counts = ["images": rows.count, "patients": Set(rows.map { $0.patient ?? $0.id }).count]
        for row in rows { counts["grade_\(row.label)", default: 0] += 1 }
        return counts
    }
}

extension ModelRecipe {
    /// Refuses sizes that no run of ours has, before anything is made of them.
    fileprivate func check(file: String) throws(ExportError) {
        let fields = [
            ("imageHeight", self.imageHeight, 1...8192), ("imageWidth", self.imageWidth, 1...8192),
            ("classes", self.classes, 1...1024),
            ("lora.rank", self.lora?.rank ?? 1, 1...4096),
        ]
        for (name, value, range) in fields where !range.contains(value) {
            throw ExportError(.run, file, "the field \(name) is \(value), outside \(range.lowerBound) to \(range.upperBound)")
        }
    }

    /// The network's parameters in inference by name, adapters included.
    package func parameterTypes() throws(GraphError) -> [String: TensorType] {
        let specs = try self.graph(batch: 1, mode: .inference).parameters
        return Dictionary(specs.map { ($0.name, TensorType(.float32, $0.shape)) }) { first, _ in first }
    }
}

/// `text` as a model's name: other characters become hyphens; `model` when nothing is left.
func modelName(_ text: String) -> String {
    let characters = text.map { ModelCard.isName("a\($0)") ? $0 : "-" }.prefix(64)
    let name = String(characters.drop { $0 == "." || $0 == "-" })
    return ModelCard.isName(name) ? name : "model"
}
