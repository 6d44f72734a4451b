package import Graph

/// One batch, ready to be copied into a plan.
package struct Batch: Sendable {
    /// Values of a step graph's inputs by name; `mask` float32 `[N]` among them: 1 for examples, 0 for rows that only fill
    /// the batch.
    package let inputs: [String: Tensor]
    /// The examples in the batch, in order; at most N.
    package let rows: [Int]

    /// Adds the mask.
    /// - Parameter size: N.
    package init(inputs: [String: Tensor], rows: [Int], size: Int) {
        let mask = (0..<size).map { $0 < rows.count ? Float(1) : 0 }
        self.inputs = inputs.merging(["mask": Tensor(mask, shape: [size])]) { $1 }
        self.rows = rows
    }

    private init(inputs: [String: Tensor], rows: [Int]) {
        self.inputs = inputs
        self.rows = rows
    }

    /// The batch with further inputs.
    func adding(_ inputs: [String: Tensor]) -> Batch { Batch(inputs: self.inputs.merging(inputs) { $1 }, rows: self.rows) }
}

/// Makes batches, each a pure function of seed, epoch and position, so that a resumed run sees the same numbers.
package protocol BatchSource: Sendable {
    var batchSize: Int { get }
    var sampling: Sampling { get }
    /// The batch at a position of an epoch.
    func batch(epoch: Int, index: Int) throws(DataError) -> Batch
}

extension BatchSource {
    package var batchCount: Int { self.sampling.batchCount(size: self.batchSize) }
    package var isTraining: Bool { self.sampling.isTraining }

    /// The examples of a batch, and those that only fill it.
    func rows(epoch: Int, index: Int) -> (rows: [Int], fillers: [Int]) {
        self.sampling.rows(epoch: epoch, index: index, size: self.batchSize)
    }
}

/// Batches of one epoch in order, made ahead of their use on other threads.
package struct PrefetchedBatches: Sendable {
    private let loader: any BatchSource
    private let epoch: Int
    private let depth: Int
    private var next: Int
    private var pending: [Task<Batch, any Error>] = []

    /// - Parameters:
    ///   - start: position of the first batch.
    ///   - depth: batches in the making.
    package init(_ loader: any BatchSource, epoch: Int, start: Int, depth: Int) {
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
