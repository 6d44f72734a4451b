import Graph
package import Imaging

/// Batches of pictures with masks: `input` float32 `[N, 3, H, W]`, `target` float32 `[N, 1, H, W]` of zeros and ones, `mask`.
package struct MaskBatchLoader: BatchSource {
    package let pictures: MaskedPictures
    package let batchSize: Int
    /// Random changes, the same for a picture and its mask; nil for evaluation, which visits the pictures in their order.
    package let augmentation: Augmentation?
    package let seed: UInt64

    package init(_ pictures: MaskedPictures, batchSize: Int, augmentation: Augmentation?, seed: UInt64) {
        self.pictures = pictures
        self.batchSize = batchSize
        self.augmentation = augmentation
        self.seed = seed
    }

    package var exampleCount: Int { self.pictures.count }
    package var isTraining: Bool { self.augmentation != nil }

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
