import Imaging

/// Labelled examples that a network takes, whatever they are: pictures or volumes, as batches.
package protocol ExampleSet: Sendable {
    var rows: [LabelRow] { get }
    /// Decodes every example and returns what is wrong with those that cannot be used. What fits stays in memory.
    func problems(progress: @Sendable (Int) -> Void) -> [DataProblem]
    /// Batches with the random changes that the configuration asks for.
    func trainingBatches(
        _ configuration: TrainingConfiguration, batchSize: Int, sampling: Sampling, targets: BatchTargets
    ) -> any BatchSource
    /// Examples in their order, unchanged.
    /// - Parameter rows: which; nil for all.
    func batches(rows: [Int]?, batchSize: Int) -> any BatchSource
}

extension ExampleSet {
    package var count: Int { self.rows.count }
}

extension PictureSet: ExampleSet {
    package func trainingBatches(
        _ configuration: TrainingConfiguration, batchSize: Int, sampling: Sampling, targets: BatchTargets
    ) -> any BatchSource {
        BatchLoader(
            self, batchSize: batchSize, augmentation: configuration.augmentation, seed: configuration.training.seed,
            sampling: sampling, targets: targets)
    }

    package func batches(rows: [Int]?, batchSize: Int) -> any BatchSource {
        BatchLoader(evaluating: self, rows: rows, batchSize: batchSize)
    }
}

extension VolumeSet: ExampleSet {
    package func trainingBatches(
        _ configuration: TrainingConfiguration, batchSize: Int, sampling: Sampling, targets: BatchTargets
    ) -> any BatchSource {
        VolumeBatchLoader(
            self, batchSize: batchSize, augmentation: configuration.volumeAugmentation, seed: configuration.training.seed,
            sampling: sampling, targets: targets)
    }

    package func batches(rows: [Int]?, batchSize: Int) -> any BatchSource {
        VolumeBatchLoader(evaluating: self, rows: rows, batchSize: batchSize, targets: .labelBits)
    }
}

/// Reads both parts; throws everything that cannot be used.
func readAll(
    _ training: any ExampleSet, _ validation: any ExampleSet, progress: @Sendable (_ done: Int, _ total: Int) -> Void
) throws(DataError) {
    let total = training.count + validation.count
    let first = training.problems { progress($0, total) }
    let second = validation.problems { progress(training.count + $0, total) }
    try (first + second).raise(about: "examples")
}

extension DataSource {
    /// Both parts as pictures or volumes, whichever the network takes.
    package func examples(
        _ configuration: TrainingConfiguration
    ) -> (training: any ExampleSet, validation: any ExampleSet) {
        func set(_ files: LabelledFiles, share: Double) -> any ExampleSet {
            let room = Int(Double(configuration.system.cacheMegabytes << 20) * share)
            return switch configuration.content {
            case .picture: files.pictures(configuration.image, cacheByteCount: room)
            case .volume: files.volumes(configuration.volume, cacheByteCount: room)
            }
        }
        return (set(self.training, share: 0.75), set(self.validation, share: 0.25))
    }

    /// Both parts as pictures.
    package func pictures(_ configuration: TrainingConfiguration) -> (training: PictureSet, validation: PictureSet) {
        let room = configuration.system.cacheMegabytes << 20
        return (
            self.training.pictures(configuration.image, cacheByteCount: room / 4 * 3),
            self.validation.pictures(configuration.image, cacheByteCount: room / 4)
        )
    }
}
