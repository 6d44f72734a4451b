import Architectures
package import Checkpoints
import Foundation
package import Graph
import Imaging
import Kernels
import Metrics
import Pipelines
package import Runtime
import Synchronization

/// Another objective, with a teacher's answers as a second source of truth.
///
/// Where pictures are not changed in training, the teacher answers once for each of them, and its logits are kept beside the
/// checkpoints (`teacher-<hash>.safetensors`). Where they are, or features are compared, the teacher is part of each step, so
/// that it sees what the student sees.
package struct DistillationObjective: Objective {
    private let task: any Objective
    private let teacher: TeacherNetwork
    private let section: TrainingConfiguration.DistillationSection
    private let system: TrainingConfiguration.SystemSection
    private let isCached: Bool
    private let cache = LogitCache()

    package init(_ configuration: TrainingConfiguration, _ section: TrainingConfiguration.DistillationSection) throws {
        self.task = try configuration.taskObjective()
        self.teacher = try TeacherNetwork(run: section.teacher)
        self.section = section
        self.system = configuration.system
        self.isCached = configuration.augmentation.isIdentity && section.gamma == 0
        try self.check(configuration)
    }

    /// Refuses a teacher of another task, of other classes, or that sees pictures differently.
    private func check(_ configuration: TrainingConfiguration) throws(ConfigurationError) {
        func refuse(_ message: String) -> ConfigurationError { ConfigurationError(.value, "distillation.teacher", message) }
        let own = configuration.modelTask
        guard self.teacher.task.kind == own.kind else {
            throw refuse("the run is for \(self.teacher.task.kind.rawValue), the student for \(own.kind.rawValue)")
        }
        guard self.teacher.task.classNames == own.classNames else {
            throw refuse("the teacher's classes are \(self.teacher.task.classNames), the student's \(own.classNames)")
        }
        let (its, ours) = (self.teacher.task.input.preprocessing, own.input.preprocessing)
        guard its?.crop == ours?.crop, its?.normalization == ours?.normalization else {
            throw refuse("the teacher crops or normalises pictures differently; only the size may differ (section image)")
        }
    }

    package var loss: any TrainingLoss {
        DistillationLoss(
            task: self.task.loss, teaching: self.isCached ? .cached : .network(self.teacher),
            temperature: self.section.temperature, alpha: self.section.alpha, beta: self.section.beta, gamma: self.section.gamma)
    }

    package var lossParameters: [String: Tensor] {
        self.task.lossParameters.merging(self.isCached ? [:] : self.teacher.parameters) { $1 }
    }

    package var trainingCount: Int { self.task.trainingCount }
    package var heldOutCount: Int { self.task.heldOutCount }
    package var batchSize: Int { self.task.batchSize }
    package var figures: [Figure] { self.task.figures }

    package func trainingBatches() -> any BatchSource {
        let batches = self.task.trainingBatches()
        guard self.isCached, let logits = self.cache.tensor else { return batches }
        return TaughtBatches(batches: batches, logits: logits)
    }

    package func trainingPictures(size: Int) -> any BatchSource { self.task.trainingPictures(size: size) }

    package func judge(_ evaluator: Evaluator, on thread: ComputeThread) async throws -> [String: Double] {
        try await self.task.judge(evaluator, on: thread)
    }

    package func merit(_ figures: [String: Double]) -> Double? { self.task.merit(figures) }
    package func files() throws -> [String: [UInt8]] { try self.task.files() }

    package var summary: [String] {
        let way = self.isCached ? "answers once for each picture" : "answers for each batch"
        let student = self.task.summary
        return student + ["teacher: \(self.teacher.recipe.architecture), weights \(self.teacher.sha256.prefix(12)), \(way)"]
    }

    package func readAll(progress: @Sendable (_ done: Int, _ total: Int) -> Void) throws(DataError) {
        try self.task.readAll(progress: progress)
    }

    /// Has the teacher answer for every training picture, or finds its answers in the run's folder.
    package func prepare(in directory: RunDirectory, on thread: ComputeThread) async throws {
        try await self.task.prepare(in: directory, on: thread)
        guard self.isCached, self.cache.tensor == nil else { return }
        let key = try self.cacheKey()
        let path = "\(directory.path)/teacher-\(key.prefix(16)).safetensors"
        if FileManager.default.fileExists(atPath: path),
            let kept = try Safetensors.read(path).tensors[DistillationLoss.logitsName]
        {
            self.cache.keep(kept)
            return
        }
        let logits = try await self.answers(on: thread)
        try Safetensors.write([DistillationLoss.logitsName: logits], metadata: ["key": key], to: path)
        self.cache.keep(logits)
    }

    /// A hash of all that the logits depend on.
    private func cacheKey() throws -> String {
        let task = try RunDirectory.json(self.teacher.task, file: RunFile.task)
        let split = try self.task.files()[RunFile.split] ?? []
        return (Array(self.teacher.sha256.utf8) + task + split).withUnsafeBytes { Pipelines.sha256(of: $0) }
    }

    private func answers(on thread: ComputeThread) async throws -> Tensor {
        let source = self.task.trainingPictures(size: min(4, self.trainingCount))
        let first = try source.batch(epoch: 0, index: 0)
        guard let type = first.inputs["input"]?.type else { preconditionFailure("a batch has an input") }
        var graph = Graph()
        let input = graph.input("input", type)
        graph.output("output", try self.teacher.append(to: &graph, input).output)
        let evaluator = try Evaluator(
            graph, batchSize: source.batchSize, parameters: self.teacher.parameters, threads: self.system.computeThreads)
        var progress = ProgressLine()
        defer { progress.clear() }
        var values: [Float] = []
        var shape: [Int] = []
        try await evaluator.visit(source, on: thread, prefetch: self.system.prefetch) { batch, answer in
            shape = Array(answer.output.type.shape[1...])
            values += answer.output.array(of: Float.self).prefix(batch.rows.count * shape.reduce(1, *))
            progress.show("teacher", done: batch.rows.last.map { $0 + 1 } ?? 0, of: self.trainingCount, note: "")
        }
        return Tensor(values, shape: [self.trainingCount] + shape)
    }
}

/// The teacher's logits `[pictures, ...]`, once they are known.
private final class LogitCache: Sendable {
    private let logits = Mutex<Tensor?>(nil)

    var tensor: Tensor? { self.logits.withLock(\.self) }

    func keep(_ tensor: Tensor) { self.logits.withLock { $0 = tensor } }
}

/// Batches with the teacher's logits for their pictures; zeros for what only fills a batch.
private struct TaughtBatches: BatchSource {
    let batches: any BatchSource
    let logits: Tensor

    var batchSize: Int { self.batches.batchSize }
    var sampling: Sampling { self.batches.sampling }

    func batch(epoch: Int, index: Int) throws(DataError) -> Batch {
        let batch = try self.batches.batch(epoch: epoch, index: index)
        let shape = Array(self.logits.type.shape[1...])
        let count = shape.reduce(1, *)
        let target = Tensor(zeros: TensorType(.float32, [self.batchSize] + shape))
        for (position, row) in batch.rows.enumerated() {
            target.rawPointer.advanced(by: position * count * 4).copyMemory(
                from: self.logits.rawPointer.advanced(by: row * count * 4), byteCount: count * 4)
        }
        return batch.adding([DistillationLoss.logitsName: target])
    }
}
