import Architectures
import Checkpoints
import Foundation
import Graph
import Imaging
import Synchronization

/// `dr-train fit`.
package struct FitCommand: Sendable {
    let config: String?
    let output: String?
    let resume: String?
    let overrides: [String]
    let printsConfiguration: Bool
    let isDryRun: Bool
    /// The run that teaches, where the configuration does not name it.
    let teacher: String?

    package init(
        config: String?, output: String?, resume: String?, overrides: [String], printsConfiguration: Bool, isDryRun: Bool,
        teacher: String? = nil
    ) {
        self.teacher = teacher
        self.config = config
        self.output = output
        self.resume = resume
        self.overrides = overrides
        self.printsConfiguration = printsConfiguration
        self.isDryRun = isDryRun
    }

    /// The defaults under overrides, as YAML.
    package static func defaultConfiguration(overrides: [String]) throws -> String {
        try ConfigurationFile.yaml(try ConfigurationFile.load(nil, overrides: overrides, defaults: .standard()))
    }

    /// - Returns: the exit code: 0, or 128 and the signal's number for a run that was interrupted.
    package func run() async throws -> Int32 {
        let interruption = Interruption()
        if let resume = self.resume {
            guard self.config == nil, self.overrides.isEmpty, self.output == nil else {
                throw ConfigurationError(.value, "--resume", "a run goes on with its own configuration; give no other options")
            }
            interruption.listen()
            return try await self.train(try TrainingRun.resume(at: resume), interruption)
        }
        let configuration = try self.configuration()
        if self.printsConfiguration {
            print(try ConfigurationFile.yaml(configuration), terminator: "")
            return 0
        }
        try configuration.validate()
        guard let output = self.output else {
            throw ConfigurationError(.value, "--output", "is missing: the folder of the run to make")
        }
        let objective = try configuration.objective()
        try Self.readAll(objective)
        if self.isDryRun {
            let step = try TrainingGraph(
                configuration.recipe().make(), objective.loss,
                configuration.graphOptions(batchSize: objective.batchSize))
            Self.describe(objective, step)
            return 0
        }
        interruption.listen()
        return try await self.train(try TrainingRun.create(configuration, objective, at: output), interruption)
    }

    private func configuration() throws -> TrainingConfiguration {
        // Distillation begins with its defaults, so that overrides of a share need not name the teacher.
        var defaults = try TrainingConfiguration.standard()
        if let teacher = self.teacher { defaults.distillation = .init(teacher: teacher) }
        return try ConfigurationFile.load(self.config, overrides: self.overrides, defaults: defaults)
            .withAbsolutePaths(relativeTo: FileManager.default.currentDirectoryPath)
    }

    private func train(_ run: TrainingRun, _ interruption: Interruption) async throws -> Int32 {
        Self.describe(run.objective, run.step)
        switch try await run.fit(interruption) {
        case .finished:
            print(
                "finished: \(run.state.epoch) epochs, best epoch \(run.state.bestEpoch ?? run.state.epoch), weights \(run.weightHash)"
            )
            return 0
        case .interrupted(let signal): return 128 + signal
        }
    }

    private static func readAll(_ objective: any Objective) throws {
        let progress = Mutex(ProgressLine())
        defer { progress.withLock { $0.clear() } }
        try objective.readAll { done, total in
            progress.withLock { $0.show("reading pictures", done: done, of: total, note: "") }
        }
    }

    private static func describe(_ objective: any Objective, _ step: TrainingGraph) {
        for line in objective.summary { print(line) }
        let total = step.parameters.filter { $0.role != .buffer }.map { $0.shape.reduce(1, *) }.reduce(0, +)
        let names = Set(step.trained)
        let trained = step.parameters.filter { names.contains($0.name) }.map { $0.shape.reduce(1, *) }.reduce(0, +)
        print("model: \(total) parameters, \(trained) of them learn; the step has \(step.graph.nodes.count) nodes")
    }
}

extension TrainingConfiguration {
    /// The same with every path absolute, so that a run can go on from any folder.
    func withAbsolutePaths(relativeTo folder: String) -> TrainingConfiguration {
        func absolute(_ path: String) -> String {
            path.isEmpty ? path : URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: folder)).standardizedFileURL.path
        }
        var copy = self
        copy.data.csv = absolute(self.data.csv)
        copy.data.images = absolute(self.data.images)
        copy.data.masks = absolute(self.data.masks)
        copy.data.validationCsv = self.data.validationCsv.map(absolute)
        copy.data.validationImages = self.data.validationImages.map(absolute)
        copy.model.weights = self.model.weights.map(absolute)
        if let teacher = self.distillation?.teacher { copy.distillation?.teacher = absolute(teacher) }
        return copy
    }
}
