/// Weighted means of what several models say, all of the same classes in the same order: Σ wᵢ·pᵢ / Σ wᵢ.
package struct SoftVote: Sendable, Hashable {
    /// One for each member, none negative, not all 0.
    package let weights: [Double]

    package init(weights: [Double]) throws(MetricError) {
        guard !weights.isEmpty else { throw MetricError(.empty, "votes", "there is no member") }
        try checkWeights(weights, members: weights.count)
        self.weights = weights
    }

    /// Members that count alike.
    package init(members: Int) throws(MetricError) {
        try self.init(weights: Array(repeating: 1, count: max(0, members)))
    }

    package var text: String {
        "mean of probabilities with weights \(self.weights.map { fixed($0, decimals: 2) }.joined(separator: ", "))"
    }

    /// The probabilities of one case, `[K]`; `members` is `[members][K]`. Equal probabilities go to the lowest class
    /// (``mostProbable(_:)``).
    package func callAsFunction(_ members: [[Double]]) throws(MetricError) -> [Double] {
        try self.check(members.map(\.count)) { members[$0].contains(where: \.isNaN) }
        let total = self.weights.reduce(0, +)
        return members[0].indices.map { index in
            zip(self.weights, members).reduce(0.0) { $0 + $1.0 * $1.1[index] } / total
        }
    }

    /// The probabilities of every pixel; `members` is `[members][pixels]`. The mask is where they are above one half
    /// (``BinaryMask/init(width:height:probabilities:above:)``).
    package func callAsFunction(_ members: [[Float]]) throws(MetricError) -> [Float] {
        try self.check(members.map(\.count)) { members[$0].contains(where: \.isNaN) }
        let total = self.weights.reduce(0, +)
        return members[0].indices.map { index in
            Float(zip(self.weights, members).reduce(0.0) { $0 + $1.0 * Double($1.1[index]) } / total)
        }
    }

    private func check(_ counts: [Int], hasNaN: (Int) -> Bool) throws(MetricError) {
        try checkWeights(self.weights, members: counts.count)
        for (number, count) in counts.enumerated() {
            guard count == counts[0] else {
                throw MetricError(.size, "votes", "member \(number) has \(count) probabilities, the first \(counts[0])")
            }
            guard !hasNaN(number) else {
                throw MetricError(.value, "votes", "member \(number) has a probability that is not a number; leave it out")
            }
        }
    }
}
