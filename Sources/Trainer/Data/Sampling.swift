import Metrics

/// Which examples make the batches of an epoch; a pure function of the seed, the epoch and the position.
package enum Sampling: Sendable {
    /// Evaluation: every example once, in order.
    case inOrder(count: Int)
    /// Evaluation: these examples in this order.
    case chosen([Int])
    /// Every example once, in an order of each epoch's own.
    case shuffled(count: Int, seed: UInt64)
    case balanced(BalancedSampler)

    package var isTraining: Bool {
        switch self {
        case .inOrder, .chosen: false
        case .shuffled, .balanced: true
        }
    }

    /// Batches of an epoch; the last one may be partly filled.
    ///
    /// What is left of it is masked. In training it is filled with the epoch's first examples, so that batch statistics are
    /// those of real pictures; in evaluation with zeros.
    package func batchCount(size: Int) -> Int {
        switch self {
        case .inOrder(let count), .shuffled(let count, _): (count + size - 1) / size
        case .chosen(let rows): (rows.count + size - 1) / size
        case .balanced(let sampler): sampler.batchCount
        }
    }

    /// The examples of a batch, and those that only fill it.
    package func rows(epoch: Int, index: Int, size: Int) -> (rows: [Int], fillers: [Int]) {
        switch self {
        case .inOrder(let count): return (Array((index * size)..<min((index + 1) * size, count)), [])
        case .chosen(let rows): return (Array(rows[(index * size)..<min((index + 1) * size, rows.count)]), [])
        case .shuffled(let count, let seed):
            let range = (index * size)..<min((index + 1) * size, count)
            let order = EpochOrder(seed: seed, epoch: epoch, count: count).indices
            return (Array(order[range]), Array(order.prefix(size - range.count)))
        case .balanced(let sampler):
            let rows = sampler.batch(epoch: epoch, index: index)
            precondition(rows.count == size, "a balanced batch is full")
            return (rows, [])
        }
    }
}
