import Checkpoints
package import Graph
import Metrics
import Pipelines
package import Runtime

/// Embeddings in which pictures of the same labels are near each other.
///
/// After the steps of an epoch a share of the training pictures is embedded, and the held-out pictures are searched in it.
package struct RetrievalObjective: Objective {
    private let configuration: TrainingConfiguration
    private let data: DataSource
    private let training: any ExampleSet
    private let validation: any ExampleSet
    /// The training pictures that are embedded after each epoch.
    private let database: [Int]
    private let sampling: Sampling
    package let batchSize: Int

    package init(_ configuration: TrainingConfiguration) throws {
        self.configuration = configuration
        let data = try DataSource(configuration)
        self.data = data
        (self.training, self.validation) = data.examples(configuration)
        let (settings, retrieval) = (configuration.training, configuration.retrieval)
        self.database = self.training.stratified(retrieval.trainEvalShare, seed: settings.seed &+ 1)
        switch retrieval.loss {
        case .triplet, .batchHard:
            let sampler = try BalancedSampler(
                labels: data.training.rows.map(\.labels), classesPerBatch: retrieval.classesPerBatch,
                samplesPerClass: retrieval.samplesPerClass, limit: retrieval.batchesPerEpoch, seed: settings.seed)
            self.sampling = .balanced(sampler)
            self.batchSize = sampler.batchSize
        case .microF1:
            self.sampling = .shuffled(count: data.training.count, seed: settings.seed)
            self.batchSize = min(settings.batchSize, data.training.count)
        }
    }

    package var loss: any TrainingLoss {
        let retrieval = self.configuration.retrieval
        let kind: RetrievalLoss.Kind =
            switch retrieval.loss {
            case .triplet: .triplet(retrieval.mining)
            case .batchHard: .batchHard
            case .microF1: .microF1
            }
        return RetrievalLoss(kind, margin: retrieval.margin)
    }

    package let lossParameters: [String: Tensor] = [:]
    package var trainingCount: Int { self.training.count }
    package var heldOutCount: Int { self.validation.count }
    private var labelNames: [String] { self.configuration.data.labels }

    package func trainingBatches() -> any BatchSource {
        self.training.trainingBatches(
            self.configuration, batchSize: self.batchSize, sampling: self.sampling,
            targets: self.configuration.retrieval.loss == .microF1 ? .labelVectors(count: self.labelNames.count) : .labelBits)
    }

    package func trainingPictures(size: Int) -> any BatchSource { self.training.batches(rows: nil, batchSize: size) }

    package var figures: [Figure] {
        var figures = [Figure("map10", "mAP@10"), Figure("train_map10", "train"), Figure("ndcg10", "NDCG@10")]
        figures += [Figure("precision10", "P@10"), Figure("recall10", "R@10")]
        if self.configuration.data.labelNames.isEmpty { figures.append(Figure("knn_accuracy", "kNN")) }
        if self.configuration.retrieval.loss == .microF1 { figures.append(Figure("micro_f1", "micro-F1")) }
        return figures
    }

    package func judge(_ evaluator: Evaluator, on thread: ComputeThread) async throws -> [String: Double] {
        let prefetch = self.configuration.system.prefetch
        let database = try await self.training.embedded(
            rows: self.database, evaluator, on: thread, prefetch: prefetch)
        let queries = try await self.validation.embedded(evaluator, on: thread, prefetch: prefetch)
        return try RetrievalEvaluation(queries: queries, database: database, labelNames: self.labelNames).figures
    }

    package func merit(_ figures: [String: Double]) -> Double? {
        switch self.configuration.training.bestBy {
        case .map: figures["map10"]
        case .knn: figures["knn_accuracy"]
        case .microF1: figures["micro_f1"]
        case .loss, .accuracy, .kappa, .auroc, .dice: nil
        }
    }

    package func files() throws -> [String: [UInt8]] {
        [
            RunFile.task: try RunDirectory.json(ModelTask.retrieval(self.configuration.retrievalTask), file: RunFile.task),
            RunFile.split: Array(self.data.splitCSV.utf8),
        ]
    }

    private var noun: String { self.configuration.content == .volume ? "volumes" : "pictures" }

    package var summary: [String] {
        self.data.summary.map { part in
            "\(part.part.rawValue): \(part.images) \(self.noun) of \(part.patients) patients, by labels \(part.grades)"
        } + ["a database of \(self.database.count) training \(self.noun) is embedded after each epoch"]
            + self.data.duplicates.map { "warning: \($0)" }
    }

    package func readAll(progress: @Sendable (_ done: Int, _ total: Int) -> Void) throws(DataError) {
        try Trainer.readAll(self.training, self.validation, progress: progress)
    }
}

extension ExampleSet {
    /// Examples as vectors, in their order.
    /// - Parameter rows: which; nil for all.
    func embedded(
        rows: [Int]? = nil, _ evaluator: Evaluator, on thread: ComputeThread, prefetch: Int,
        progress: (Int, Int) -> Void = { _, _ in }
    ) async throws -> EmbeddedPictures {
        try await EmbeddedPictures(
            self.batches(rows: rows, batchSize: evaluator.batchSize),
            rows: rows.map { $0.map { self.rows[$0] } } ?? self.rows, evaluator, on: thread, prefetch: prefetch,
            progress: progress)
    }

    /// A part of the examples, ascending, in which every set of labels has about that share and at least one picture.
    fileprivate func stratified(_ share: Double, seed: UInt64) -> [Int] {
        let groups = Dictionary(grouping: self.rows.indices, by: { self.rows[$0].labels }).sorted { $0.key < $1.key }
        return groups.enumerated().flatMap { number, group in
            var random = SplitMix64(seed: seed, stream: UInt64(number))
            let order = random.permutation(group.value.count)
            return order.prefix(max(1, Int((share * Double(order.count)).rounded()))).map { group.value[$0] }
        }.sorted()
    }
}
