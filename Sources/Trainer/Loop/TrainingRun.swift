import Architectures
package import Checkpoints
import Graph
import Pipelines
import Runtime
import Foundation
import Kernels

/// How a call of `fit` ended.
package enum TrainingOutcome: Sendable, Equatable {
    case finished
    /// By a signal; everything is saved, and the run goes on from there when it is resumed.
    case interrupted(signal: Int32)
}

/// One training run: its directory, data, compiled step and counters.
///
/// Every random choice is a function of the seed and of counters that are in each checkpoint, so that a resumed run
/// gives the same bits as one that was never stopped (for the same number of threads on the same kind of machine).
package final class TrainingRun {
    package let configuration: TrainingConfiguration
    package let directory: RunDirectory
    package let objective: any Objective
    package private(set) var state: TrainingState
    package let step: TrainingGraph
    private let store: ParameterStore
    private let plan: Plan
    private let evaluator: Evaluator
    private let thread: ComputeThread
    private let recipe: ModelRecipe
    private let batchSize: Int
    private var progress = ProgressLine()
    /// Called after every step, before it is counted; for tests that stop a run at a chosen place.
    package var afterStep: (@Sendable (Int) throws -> Void)?

    private init(
        _ compiled: Compiled, directory: RunDirectory, objective: any Objective, store: ParameterStore, state: TrainingState
    ) throws {
        let configuration = compiled.configuration
        self.configuration = configuration
        self.directory = directory
        self.objective = objective
        self.recipe = compiled.recipe
        self.batchSize = compiled.batchSize
        let threads = configuration.system.computeThreads
        self.thread = try ComputeThread(threads: threads)
        self.step = compiled.step
        self.state = state
        self.store = store
        let trained = Set(self.step.trained)
        let frozen = Set(self.step.parameters.filter { $0.role != .buffer && !trained.contains($0.name) }.map(\.name))
        self.plan = try Plan(
            self.step.graph, parameters: store.tensors, packs: PackStore(packsMatrices: false),
            options: Plan.Options(threads: threads, frozen: frozen.union(objective.lossParameters.keys)))
        self.evaluator = try Evaluator(self.recipe, batchSize: self.batchSize, parameters: store.tensors, threads: threads)
    }

    /// Makes a new run at `path` and writes its first checkpoint, so that there is always one to go on from.
    ///
    /// When that fails there is no directory at `path`.
    package static func create(
        _ configuration: TrainingConfiguration, _ objective: any Objective, at path: String
    ) throws -> TrainingRun {
        let compiled = try Compiled(configuration, objective)
        let store = compiled.store
        if let path = configuration.model.weights {
            try store.load(path, into: compiled.step.parameters, recipe: compiled.recipe)
        }
        let manifest = RunManifest(tool: "dr-train", toolVersion: DrVersion.current, seed: configuration.training.seed)
        let directory = try RunDirectory.create(
            at: path, config: try ConfigurationFile.yaml(configuration), manifest: manifest,
            files: try objective.files().merging([
                RunFile.recipe: try RunDirectory.json(configuration.recipe(), file: RunFile.recipe)
            ]) { $1 })
        do {
            let run = try TrainingRun(compiled, directory: directory, objective: objective, store: store, state: TrainingState())
            try run.saveBase()
            try run.save(.last)
            return run
        } catch {
            directory.discard()
            throw error
        }
    }

    /// Goes on with the run at `path` from its most advanced checkpoint.
    package static func resume(at path: String) throws -> TrainingRun {
        let directory = try RunDirectory.open(at: path, forWriting: true)
        let configuration = try ConfigurationFile.load(
            "\(path)/config.yaml", overrides: [], defaults: TrainingConfiguration.standard())
        let objective = try configuration.objective()
        for (name, content) in try objective.files() where name == RunFile.split {
            guard content == (try AtomicFile.read("\(path)/\(name)")) else {
                let message = "the labels or their parts changed since the run began; start a new run"
                throw DataError(.leakage, configuration.data.csv, message)
            }
        }
        let steps = try directory.checkpoints().filter { $0 == .last || $0 == .interrupted }.map { name in
            (name: name, step: try directory.load(name, state: TrainingState.self, withOptimizer: false).state.step)
        }
        guard let newest = steps.max(by: { $0.step < $1.step }) else {
            throw CheckpointError(.notFound, path, "the run has no checkpoint to go on from")
        }
        let compiled = try Compiled(configuration, objective)
        let store = compiled.store
        let checkpoint = try directory.load(newest.name, state: TrainingState.self)
        let saved = try directory.readBase().merging(checkpoint.weights) { $1 }.merging(checkpoint.optimizer) { $1 }
        try store.assignAll(saved, except: Set(objective.lossParameters.keys), from: "\(path)/checkpoints/\(newest.name)")
        return try TrainingRun(compiled, directory: directory, objective: objective, store: store, state: checkpoint.state)
    }

    /// Steps of one epoch; the last one may take fewer pictures.
    package var stepsPerEpoch: Int { self.loader.batchCount }

    private var loader: any BatchSource { self.objective.trainingBatches() }

    private var schedule: Schedule {
        let training = self.configuration.training
        return Schedule(
            base: training.learningRate, floor: training.minLearningRate, warmupEpochs: training.warmupEpochs,
            epochs: Double(training.epochs), stepsPerEpoch: self.stepsPerEpoch)
    }

    /// Trains until the last epoch or a signal.
    package func fit(_ interruption: Interruption) async throws -> TrainingOutcome {
        try await self.objective.prepare(in: self.directory, on: self.thread)
        while self.state.epoch < self.configuration.training.epochs {
            if let signal = try await self.runEpoch(interruption) {
                try self.save(.interrupted)
                self.progress.say(
                    "interrupted at step \(self.state.step); resume with: dr-train fit --resume \(self.directory.path)")
                return .interrupted(signal: signal)
            }
        }
        return .finished
    }

    /// The rest of the epoch, its evaluation and its checkpoints; the signal that ended it, if one did.
    private func runEpoch(_ interruption: Interruption) async throws -> Int32? {
        let start = ContinuousClock.now
        let training = self.configuration.training
        var batches = PrefetchedBatches(
            self.loader, epoch: self.state.epoch, start: self.state.stepInEpoch, depth: self.configuration.system.prefetch)
        defer { batches.cancel() }
        var rate = 0.0
        while self.state.stepInEpoch < self.stepsPerEpoch, let batch = try await batches.nextBatch() {
            rate = self.schedule.rate(step: self.state.step)
            try await self.take(batch, rate: rate)
            let mean = self.state.lossSum / Double(max(self.state.lossCount, 1))
            self.progress.show(
                "epoch \(self.state.epoch + 1)/\(training.epochs)", done: self.state.stepInEpoch, of: self.stepsPerEpoch,
                note: String(format: "loss %.4f", mean))
            try self.afterStep?(self.state.step)
            if let signal = interruption.signal { return signal }
            let every = self.configuration.checkpoints.everySteps
            if every > 0, self.state.step % every == 0, self.state.stepInEpoch < self.stepsPerEpoch { try self.save(.last) }
        }
        try await self.finishEpoch(rate: rate, start: start)
        return nil
    }

    private func take(_ batch: Batch, rate: Double) async throws {
        let hyper = Hyperparameters(learningRate: rate, step: self.state.step + 1).values(self.configuration.optimizer)
        let seed = [Int64(bitPattern: self.configuration.training.seed), Int64(self.state.step)]
        let plan = SendableBox(self.plan)
        let loss = try await self.thread.run {
            let plan = plan.value
            for (name, value) in batch.inputs { try plan.setInput(name, value) }
            try plan.setInput(Hyperparameters.inputName, Tensor(hyper, shape: [Hyperparameters.count]))
            if plan.hasInput(ModelBuilder.dropoutSeedName) {
                try plan.setInput(ModelBuilder.dropoutSeedName, Tensor(seed, shape: [2]))
            }
            try plan.run()
            return Double(try plan.output("loss").array(of: Float.self)[0])
        }
        self.state.step += 1
        self.state.stepInEpoch += 1
        if loss.isFinite {
            self.state.lossSum += loss * Double(batch.rows.count)
            self.state.lossCount += batch.rows.count
        } else {
            self.state.skippedSteps += 1
        }
    }

    private func finishEpoch(rate: Double, start: ContinuousClock.Instant) async throws {
        let figures =
            self.objective.heldOutCount > 0 ? try await self.objective.judge(self.evaluator, on: self.thread) : [:]
        let duration = ContinuousClock.now - start
        let record = EpochRecord(
            epoch: self.state.epoch + 1, trainLoss: self.state.lossSum / Double(max(self.state.lossCount, 1)), figures: figures,
            learningRate: rate,
            seconds: Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18)
        self.state.history.append(record)
        self.state.epoch += 1
        self.state.stepInEpoch = 0
        self.state.lossSum = 0
        self.state.lossCount = 0
        let figure = self.objective.merit(figures)
        let isBest = figure.map { figure in self.state.best.map { figure > $0 } ?? true } ?? (self.state.best == nil)
        if isBest {
            self.state.best = figure
            self.state.bestEpoch = self.state.epoch
        }
        try self.save(.last)
        if isBest { try self.directory.link(.last, as: .best) }
        if self.configuration.checkpoints.everyEpoch { try self.directory.link(.last, as: .epoch(self.state.epoch)) }
        try self.directory.remove(.interrupted)
        try self.writeResults()
        self.progress.say(record.summary(self.objective.figures) + (isBest ? "  *" : ""))
    }

    /// Saves a checkpoint under that name.
    package func save(_ name: CheckpointName) throws {
        let trained = Set(self.step.trained)
        let weights = self.store.tensors.filter { key, _ in
            trained.contains(key) || self.step.parameters.contains { $0.name == key && $0.role == .buffer }
        }
        let slots = Set(self.step.optimizerState.map(\.name))
        let optimizer = self.store.tensors.filter { slots.contains($0.key) }
        try self.directory.save(Checkpoint(weights: weights, optimizer: optimizer, state: self.state), as: name)
    }

    private func saveBase() throws {
        let trained = Set(self.step.trained)
        let frozen = self.step.parameters.filter { $0.role != .buffer && !trained.contains($0.name) }.map(\.name)
        guard !frozen.isEmpty else { return }
        try self.directory.writeBase(self.store.tensors.filter { frozen.contains($0.key) })
    }

    private func writeResults() throws {
        let figures = self.objective.figures
        let lines = [EpochRecord.header(figures)] + self.state.history.map { $0.line(figures) }
        let text = lines.joined(separator: "\n") + "\n"
        _ = try AtomicFile.write(Array(text.utf8), to: "\(self.directory.path)/\(RunFile.results)")
    }

    /// SHA-256 over all weights and the optimizer's state.
    package var weightHash: String { WeightHash.sha256(self.store.tensors) }
}

/// What follows from a configuration and its data alone: the step graph, and parameters at their first values.
private struct Compiled {
    let configuration: TrainingConfiguration
    let recipe: ModelRecipe
    let batchSize: Int
    let step: TrainingGraph
    let store: ParameterStore

    init(_ configuration: TrainingConfiguration, _ objective: any Objective) throws {
        self.configuration = configuration
        self.recipe = configuration.recipe()
        self.batchSize = objective.batchSize
        let options = configuration.graphOptions(batchSize: self.batchSize)
        self.step = try TrainingGraph(self.recipe.make(), objective.loss, options)
        var store = ParameterStore(self.step.parameters, seed: configuration.training.seed)
        store.addZeros(self.step.optimizerState)
        for (name, value) in objective.lossParameters { store[name] = value }
        self.store = store
    }
}

/// A value that one thread at a time uses.
private struct SendableBox<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }
}
