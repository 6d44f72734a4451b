package import Graph
package import Imaging

/// One batch, ready to be copied into a plan.
package struct Batch: Sendable {
    /// float32 `[N, 3, H, W]`.
    package let input: Tensor
    /// int64 `[N]`.
    package let labels: Tensor
    /// float32 `[N]`: 1 for pictures, 0 for rows that only fill the batch.
    package let mask: Tensor
    /// The rows in the batch, in order; at most N.
    package let rows: [Int]
}

/// Makes batches, each a pure function of seed, epoch and position, so that a resumed run sees the same numbers.
package struct BatchLoader: Sendable {
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

    /// Batches of an epoch; the last one may be partly filled.
    ///
    /// What is left of it is masked. In training it is filled with the epoch's first pictures, so that batch statistics are
    /// those of real pictures; in evaluation with zeros.
    package var batchCount: Int { (self.pictures.count + self.batchSize - 1) / self.batchSize }

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
        let mask = [Float](repeating: 1, count: rows.count) + [Float](repeating: 0, count: padding)
        return Batch(
            input: input, labels: Tensor(labels, shape: [self.batchSize]), mask: Tensor(mask, shape: [self.batchSize]), rows: rows
        )
    }

    /// The pictures of a batch, and those that only fill it.
    private func rows(epoch: Int, index: Int) -> (rows: [Int], fillers: [Int]) {
        let range = (index * self.batchSize)..<min((index + 1) * self.batchSize, self.pictures.count)
        guard self.augmentation != nil else { return (Array(range), []) }
        let order = EpochOrder(seed: self.seed, epoch: epoch, count: self.pictures.count).indices
        return (Array(order[range]), Array(order.prefix(self.batchSize - range.count)))
    }
}

/// Batches of one epoch in order, made ahead of their use on other threads.
package struct PrefetchedBatches: Sendable {
    private let loader: BatchLoader
    private let epoch: Int
    private let depth: Int
    private var next: Int
    private var pending: [Task<Batch, any Error>] = []

    /// - Parameters:
    ///   - start: position of the first batch.
    ///   - depth: batches in the making.
    package init(_ loader: BatchLoader, epoch: Int, start: Int, depth: Int) {
        self.loader = loader
        self.epoch = epoch
        self.depth = max(depth, 1)
        self.next = start
    }

    /// The next batch, nil after the last.
    package mutating func nextBatch() async throws -> Batch? {
        while self.pending.count < self.depth, self.next < self.loader.batchCount {
            let (loader, epoch, index) = (self.loader, self.epoch, self.next)
            self.pending.append(Task.detached(priority: .userInitiated) { try loader.batch(epoch: epoch, index: index) })
            self.next += 1
        }
        guard !self.pending.isEmpty else { return nil }
        return try await self.pending.removeFirst().value
    }

    /// Gives up batches that nobody will use.
    package mutating func cancel() {
        for task in self.pending { task.cancel() }
        self.pending = []
    }
}
