/// The percentile bootstrap: a statistic recomputed on cases drawn with replacement.
///
/// Where cases come in groups (two eyes of one patient), whole groups are drawn, because cases of a group are alike.
package struct Bootstrap: Sendable {
    package let resamples: Int
    package let seed: UInt64
    /// The coverage of the interval, such as 0.95.
    package let level: Double

    package init(resamples: Int = 2000, seed: UInt64, level: Double = 0.95) {
        precondition(resamples > 0, "a bootstrap needs resamples")
        precondition(level > 0 && level < 1, "a level is between 0 and 1")
        self.resamples = resamples
        self.seed = seed
        self.level = level
    }

    /// What the resamples said.
    package struct Result: Sendable, Equatable {
        package let interval: ConfidenceInterval
        /// Resamples on which the statistic was undefined and which the interval leaves out.
        package let undefined: Int
    }

    /// The interval of `statistic`, which gets how often each of the `count` cases was drawn; nil when it is undefined
    /// on every resample. `groups` names the group of each case.
    package func interval<Group: Hashable>(
        count: Int, groups: [Group], _ statistic: (_ multiplicities: [Int]) -> Double?
    ) -> Result? {
        precondition(groups.count == count, "groups and cases differ in length")
        let members = membersOfGroups(groups)
        guard !members.isEmpty else { return nil }
        var random = SplitMix64(seed: self.seed)
        var values: [Double] = []
        values.reserveCapacity(self.resamples)
        var multiplicities = Array(repeating: 0, count: count)
        for _ in 0..<self.resamples {
            for index in multiplicities.indices { multiplicities[index] = 0 }
            for _ in members.indices {
                for member in members[random.below(members.count)] { multiplicities[member] += 1 }
            }
            if let value = statistic(multiplicities), !value.isNaN { values.append(value) }
        }
        guard !values.isEmpty else { return nil }
        values.sort()
        let tail = (1 - self.level) / 2
        return Result(
            interval: ConfidenceInterval(
                lower: percentile(sorted: values, share: tail), upper: percentile(sorted: values, share: 1 - tail),
                level: self.level
            ),
            undefined: self.resamples - values.count
        )
    }

    /// The interval of a statistic of independent cases.
    package func interval(count: Int, _ statistic: (_ multiplicities: [Int]) -> Double?) -> Result? {
        self.interval(count: count, groups: Array(0..<count), statistic)
    }

    /// The interval of a ROC area; `groups` names the patient of each case.
    package func aurocInterval<Group: Hashable>(_ scores: RankedScores, groups: [Group]) -> Result? {
        self.interval(count: scores.positive.count, groups: groups) { scores.auroc(multiplicities: $0) }
    }

    /// The interval of a ROC area of independent cases.
    package func aurocInterval(_ scores: RankedScores) -> Result? {
        self.aurocInterval(scores, groups: Array(scores.positive.indices))
    }
}

/// Case numbers of each group, groups in order of their first case.
private func membersOfGroups<Group: Hashable>(_ groups: [Group]) -> [[Int]] {
    var places: [Group: Int] = [:]
    var members: [[Int]] = []
    for (number, group) in groups.enumerated() {
        if let place = places[group] {
            members[place].append(number)
        } else {
            places[group] = members.count
            members.append([number])
        }
    }
    return members
}
