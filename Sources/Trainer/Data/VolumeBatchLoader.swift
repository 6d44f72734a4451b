import Graph
package import Imaging

/// Batches of labelled volumes: `input` float32 `[N, S, 1, H, W]`, the targets and `mask`.
package struct VolumeBatchLoader: BatchSource {
    package let volumes: VolumeSet
    package let batchSize: Int
    package let sampling: Sampling
    package let targets: BatchTargets
    /// Random changes; nil for evaluation.
    private let augmentation: VolumeAugmentation?
    /// Of the random changes.
    private let seed: UInt64

    /// Training batches.
    /// - Parameter sampling: by default every volume once, in an order of each epoch's own.
    package init(
        _ volumes: VolumeSet, batchSize: Int, augmentation: VolumeAugmentation, seed: UInt64, sampling: Sampling? = nil,
        targets: BatchTargets
    ) {
        self.volumes = volumes
        self.batchSize = batchSize
        self.sampling = sampling ?? .shuffled(count: volumes.count, seed: seed)
        self.targets = targets
        self.augmentation = augmentation
        self.seed = seed
    }

    /// Volumes in their order, unchanged.
    /// - Parameter rows: which; nil for all.
    package init(evaluating volumes: VolumeSet, rows: [Int]? = nil, batchSize: Int, targets: BatchTargets) {
        self.volumes = volumes
        self.batchSize = batchSize
        self.sampling = rows.map { .chosen($0) } ?? .inOrder(count: volumes.count)
        self.targets = targets
        self.augmentation = nil
        self.seed = 0
    }

    /// The batch at a position of an epoch.
    package func batch(epoch: Int, index: Int) throws(DataError) -> Batch {
        let (rows, fillers) = self.rows(epoch: epoch, index: index)
        let preprocessing = self.volumes.preprocessing
        let size = preprocessing.size
        let input = Tensor(zeros: TensorType(.float32, [self.batchSize, size.depth, 1, size.height, size.width]))
        let voxels = input.rawPointer.bindMemory(to: Float.self, capacity: input.type.elementCount)
        for (position, row) in (rows + fillers).enumerated() {
            var draw: VolumeAugmentation.Draw?
            if let augmentation = self.augmentation, !augmentation.isIdentity {
                var random = CounterRandom(seed: self.seed, epoch: epoch, sample: row)
                draw = augmentation.draw(using: &random)
            }
            let volume = try self.volumes.volume(row)
            preprocessing.normalize(volume, changedBy: draw, into: voxels + position * preprocessing.elementCount)
        }
        var inputs = self.targets.inputs(rows.map { self.volumes.rows[$0] }, size: self.batchSize)
        inputs["input"] = input
        return Batch(inputs: inputs, rows: rows, size: self.batchSize)
    }
}
