import Graph
package import Imaging

/// Batches of labelled pictures: `input` float32 `[N, 3, H, W]`, the targets and `mask`.
package struct BatchLoader: BatchSource {
    package let pictures: PictureSet
    package let batchSize: Int
    package let sampling: Sampling
    package let targets: BatchTargets
    /// Random changes; nil for evaluation.
    private let augmentation: Augmentation?
    /// Of the random changes.
    private let seed: UInt64

    /// Training batches.
    /// - Parameter sampling: by default every picture once, in an order of each epoch's own.
    package init(
        _ pictures: PictureSet, batchSize: Int, augmentation: Augmentation, seed: UInt64, sampling: Sampling? = nil,
        targets: BatchTargets = .grades
    ) {
        self.pictures = pictures
        self.batchSize = batchSize
        self.sampling = sampling ?? .shuffled(count: pictures.count, seed: seed)
        self.targets = targets
        self.augmentation = augmentation
        self.seed = seed
    }

    /// Pictures in their order, unchanged.
    /// - Parameter rows: which; nil for all.
    package init(evaluating pictures: PictureSet, rows: [Int]? = nil, batchSize: Int, targets: BatchTargets = .grades) {
        self.pictures = pictures
        self.batchSize = batchSize
        self.sampling = rows.map { .chosen($0) } ?? .inOrder(count: pictures.count)
        self.targets = targets
        self.augmentation = nil
        self.seed = 0
    }

    /// The batch at a position of an epoch.
    package func batch(epoch: Int, index: Int) throws(DataError) -> Batch {
        let (rows, fillers) = self.rows(epoch: epoch, index: index)
        let preprocessing = self.pictures.preprocessing
        let input = Tensor(zeros: TensorType(.float32, [self.batchSize, 3, preprocessing.height, preprocessing.width]))
        let pixels = input.rawPointer.bindMemory(to: Float.self, capacity: input.type.elementCount)
        for (position, row) in (rows + fillers).enumerated() {
            var image = try self.pictures.picture(row)
            if let augmentation = self.augmentation {
                var random = CounterRandom(seed: self.seed, epoch: epoch, sample: row)
                image = augmentation.apply(image, using: &random)
            }
            preprocessing.normalize(image, into: pixels + position * preprocessing.elementCount)
        }
        var inputs = self.targets.inputs(rows.map { self.pictures.rows[$0] }, size: self.batchSize)
        inputs["input"] = input
        return Batch(inputs: inputs, rows: rows, size: self.batchSize)
    }
}
