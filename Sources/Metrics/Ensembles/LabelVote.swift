/// How yes/no answers of several models become one.
package enum LabelVote: Sendable, Hashable {
    /// Yes where any member says yes (the hard vote of two models).
    case any
    /// Yes where more than half of the members say yes.
    case majority
    /// Yes where all members say yes (the conservative vote).
    case all
    /// Yes where the members that say yes have at least half of the weight.
    case weighted([Double])

    package var text: String {
        switch self {
        case .any: "yes where any member says yes"
        case .majority: "yes where more than half of the members say yes"
        case .all: "yes where all members say yes"
        case .weighted(let weights):
            "yes where at least half of the weights \(weights.map { fixed($0, decimals: 2) }.joined(separator: ", ")) says yes"
        }
    }

    /// The answer of the ensemble; `votes` has one answer for each member.
    package func callAsFunction(_ votes: [Bool]) throws(MetricError) -> Bool {
        try self.check(members: votes.count)
        return self.answer(votes)
    }

    /// The answers of the ensemble for many cases; `votes` is `[members][N]`.
    package func callAsFunction(_ votes: [[Bool]]) throws(MetricError) -> [Bool] {
        try self.check(members: votes.count)
        let count = votes[0].count
        for (number, member) in votes.enumerated() where member.count != count {
            throw MetricError(.size, "votes", "member \(number) has \(member.count) answers, the first \(count)")
        }
        return (0..<count).map { index in self.answer(votes.map { $0[index] }) }
    }

    /// The mask of the ensemble, pixel by pixel: `any` is the union of the masks, `all` their intersection.
    package func callAsFunction(_ masks: [BinaryMask]) throws(MetricError) -> BinaryMask {
        try self.check(members: masks.count)
        for mask in masks.dropFirst() { try masks[0].checkSize(of: mask, "votes") }
        return BinaryMask(checked: try self(masks.map(\.pixels)), width: masks[0].width, height: masks[0].height)
    }

    private func check(members: Int) throws(MetricError) {
        guard members > 0 else { throw MetricError(.empty, "votes", "there is no member") }
        if case .weighted(let weights) = self { try checkWeights(weights, members: members) }
    }

    private func answer(_ votes: [Bool]) -> Bool {
        let yes = votes.count(where: { $0 })
        switch self {
        case .any: return yes > 0
        case .majority: return 2 * yes > votes.count
        case .all: return yes == votes.count
        case .weighted(let weights):
            let agreeing = zip(weights, votes).reduce(0.0) { $0 + ($1.1 ? $1.0 : 0) }
            return agreeing / weights.reduce(0, +) >= 0.5
        }
    }
}

/// The class with most votes of several models, equal votes to the lowest class; `weights` count 1 each where nil.
package func majorityClass(_ votes: [Int], classes: Int, weights: [Double]? = nil) throws(MetricError) -> Int {
    guard !votes.isEmpty else { throw MetricError(.empty, "votes", "there is no member") }
    try checkLabels(votes, classes: classes)
    if let weights { try checkWeights(weights, members: votes.count) }
    var sums = Array(repeating: 0.0, count: classes)
    for (number, vote) in votes.enumerated() { sums[vote] += weights?[number] ?? 1 }
    return mostProbable(sums)
}

func checkWeights(_ weights: [Double], members: Int) throws(MetricError) {
    guard weights.count == members else {
        throw MetricError(.size, "weights", "\(weights.count) for \(members) members; give one for each")
    }
    let sum = weights.reduce(0, +)
    guard weights.allSatisfy({ $0 >= 0 }), sum > 0, sum.isFinite else {
        throw MetricError(.setting, "weights", "must not be negative, and one must be above 0")
    }
}
