import Graph
package import Imaging

/// Batches of labelled pictures: `input` float32 `[N, 3, H, W]`, `labels` int64 `[N]` and `mask`.
package struct BatchLoader: BatchSource {
    package let pictures: PictureSet
    package let batchSize: Int
    /// Random changes; nil for evaluation, which visits the pictures in their order.
    package let augmentation: Augmentation?
    package let seed: UInt64

    package init(_ pictures: PictureSet, batchSize: Int, augmentation: Augmentation?, seed: UInt64) {
        self.pictures = pictures
        self.batchSize = batchSize
        self.augmentation = augmentation
        self.seed = seed
    }

    package var exampleCount: Int { self.pictures.count }
    package var isTraining: Bool { self.augmentation != nil }

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
        let padding = self.batchSize - rows.count
        let labels = rows.map { Int64(self.pictures.rows[$0].grade) } + [Int64](repeating: 0, count: padding)
        return Batch(
            inputs: ["input": input, "labels": Tensor(labels, shape: [self.batchSize])], rows: rows, size: self.batchSize)
    }
}
