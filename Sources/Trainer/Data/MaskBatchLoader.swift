import Graph
package import Imaging

/// Batches of pictures with masks: `input` float32 `[N, 3, H, W]`, `target` float32 `[N, 1, H, W]` of zeros and ones, `mask`.
package struct MaskBatchLoader: BatchSource {
    package let pictures: MaskedPictures
    package let batchSize: Int
    package let sampling: Sampling
    /// Random changes, the same for a picture and its mask; nil for evaluation.
    private let augmentation: Augmentation?
    /// Of the random changes.
    private let seed: UInt64

    /// Training batches: every picture once, in an order of each epoch's own.
    package init(_ pictures: MaskedPictures, batchSize: Int, augmentation: Augmentation, seed: UInt64) {
        self.pictures = pictures
        self.batchSize = batchSize
        self.sampling = .shuffled(count: pictures.count, seed: seed)
        self.augmentation = augmentation
        self.seed = seed
    }

    /// All pictures in their order, unchanged.
    package init(evaluating pictures: MaskedPictures, batchSize: Int) {
        self.pictures = pictures
        self.batchSize = batchSize
        self.sampling = .inOrder(count: pictures.count)
        self.augmentation = nil
        self.seed = 0
    }

    package func batch(epoch: Int, index: Int) throws(DataError) -> Batch {
        let (rows, fillers) = self.rows(epoch: epoch, index: index)
        let preprocessing = self.pictures.preprocessing
        let area = preprocessing.height * preprocessing.width
        let input = Tensor(zeros: TensorType(.float32, [self.batchSize, 3, preprocessing.height, preprocessing.width]))
        let target = Tensor(zeros: TensorType(.float32, [self.batchSize, 1, preprocessing.height, preprocessing.width]))
        let pixels = input.rawPointer.bindMemory(to: Float.self, capacity: input.type.elementCount)
        let wanted = target.rawPointer.bindMemory(to: Float.self, capacity: target.type.elementCount)
        for (position, row) in (rows + fillers).enumerated() {
            var (image, mask) = try self.pictures.pair(row)
            if let augmentation = self.augmentation {
                var random = CounterRandom(seed: self.seed, epoch: epoch, sample: row)
                let draw = augmentation.draw(using: &random)
                (image, mask) = (draw.apply(image), draw.apply(mask))
            }
            preprocessing.normalize(image, into: pixels + position * preprocessing.elementCount)
            for pixel in 0..<area { wanted[position * area + pixel] = mask.classes.pixels[pixel * 3] > 0 ? 1 : 0 }
        }
        return Batch(inputs: ["input": input, "target": target], rows: rows, size: self.batchSize)
    }
}
