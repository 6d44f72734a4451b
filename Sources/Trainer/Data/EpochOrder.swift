import Metrics

/// The order in which an epoch visits the cases: a permutation that depends on seed, epoch and count only, so that a
/// resumed run continues where it stopped.
package struct EpochOrder: Sendable, Equatable {
    /// Each of `0..<count` once.
    package let indices: [Int]

    package init(seed: UInt64, epoch: Int, count: Int) {
        precondition(count >= 0, "a count is not negative")
        var random = SplitMix64(seed: seed, stream: UInt64(bitPattern: Int64(epoch)))
        self.indices = random.permutation(count)
    }
}
