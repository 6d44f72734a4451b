/// Where models answer alike and where they do not, and what that says about joining them.
package struct AgreementReport: Sendable, Hashable {
    /// A model's answers to the same cases.
    package struct Member: Sendable, Hashable {
        package let name: String
        package let labels: [Int]
        package let accuracy: Double?

        package init(name: String, labels: [Int], accuracy: Double? = nil) {
            self.name = name
            self.labels = labels
            self.accuracy = accuracy
        }
    }

    /// Two models' equal answers.
    package struct Pair: Sendable, Hashable {
        package let first: String
        package let second: String
        package let agreeing: Int
        package let rate: Double
    }

    /// What another model says where the two best disagree.
    package struct Umpire: Sendable, Hashable {
        package let name: String
        package let withBest: Int
        package let withSecond: Int
        package let withNeither: Int
    }

    /// The answers of a vote over yes/no labels.
    package struct Strategy: Sendable, Hashable {
        package let name: String
        /// Cases answered no, and yes.
        package let distribution: [Int]
        /// Cases whose answer differs from the first strategy's.
        package let changed: Int
        /// The first ten of them.
        package let firstChanged: [Int]
    }

    /// What to do with a third model.
    package enum Advice: String, Sendable, Hashable {
        case tooSimilar = "reject: too similar"
        case noise = "reject: so different that it may be noise"
        case weighted = "weighted vote with a small weight"
    }

    package let cases: Int
    /// Best first where accuracies are known, else in the given order.
    package let members: [Member]
    package let pairs: [Pair]
    /// Cases that all models answer alike.
    package let unanimous: Int
    /// Cases that the two best answer differently.
    package let disputed: [Int]
    package let umpires: [Umpire]
    /// Empty where a label is neither 0 nor 1.
    package let strategies: [Strategy]
    /// 1 − the third model's larger agreement with the two best; nil without a third.
    package let diversity: Double?
    /// Whether every accuracy is above 0.9 and every pair disagrees in less than 5 % of the cases; nil without accuracies.
    package let isAdmissible: Bool?

    package var advice: Advice? {
        self.diversity.map { $0 < 0.05 ? .tooSimilar : $0 > 0.2 ? .noise : .weighted }
    }

    /// At least two models with the same number of answers, and accuracies of all or none.
    package init(_ members: [Member]) throws(MetricError) {
        guard members.count > 1, let cases = members.first?.labels.count, cases > 0 else {
            throw MetricError(.empty, "models", "two models with answers are needed")
        }
        for member in members where member.labels.count != cases {
            throw MetricError(.size, "models", "\(member.name) has \(member.labels.count) answers, \(members[0].name) \(cases)")
        }
        let accuracies = members.compactMap(\.accuracy)
        guard accuracies.isEmpty || accuracies.count == members.count, accuracies.allSatisfy((0...1).contains) else {
            throw MetricError(.value, "models", "give an accuracy in 0...1 for every model or for none")
        }
        let ranked = members.enumerated().sorted {
            ($0.element.accuracy ?? 0, $1.offset) > ($1.element.accuracy ?? 0, $0.offset)
        }.map(\.element)
        self.cases = cases
        self.members = ranked
        let pairs = ranked.indices.flatMap { first in ranked[(first + 1)...].map { Self.pair(ranked[first], $0) } }
        self.pairs = pairs
        self.unanimous = (0..<cases).count { index in ranked.allSatisfy { $0.labels[index] == ranked[0].labels[index] } }
        let disputed = (0..<cases).filter { ranked[0].labels[$0] != ranked[1].labels[$0] }
        self.disputed = disputed
        self.umpires = ranked.dropFirst(2).map { member in
            let withBest = disputed.count { member.labels[$0] == ranked[0].labels[$0] }
            let withSecond = disputed.count { member.labels[$0] == ranked[1].labels[$0] }
            return Umpire(
                name: member.name, withBest: withBest, withSecond: withSecond,
                withNeither: disputed.count - withBest - withSecond)
        }
        self.strategies = try Self.strategies(ranked)
        self.diversity =
            ranked.count > 2 ? 1 - max(Self.pair(ranked[0], ranked[2]).rate, Self.pair(ranked[1], ranked[2]).rate) : nil
        self.isAdmissible =
            accuracies.isEmpty ? nil : accuracies.allSatisfy { $0 > 0.9 } && pairs.allSatisfy { 1 - $0.rate < 0.05 }
    }

    private static func pair(_ first: Member, _ second: Member) -> Pair {
        let agreeing = zip(first.labels, second.labels).count { $0 == $1 }
        return Pair(
            first: first.name, second: second.name, agreeing: agreeing, rate: Double(agreeing) / Double(first.labels.count))
    }

    private static func strategies(_ members: [Member]) throws(MetricError) -> [Strategy] {
        guard members.allSatisfy({ $0.labels.allSatisfy((0...1).contains) }) else { return [] }
        let votes = members.prefix(3).map { $0.labels.map { $0 == 1 } }
        let base = try LabelVote.any(Array(votes.prefix(2)))
        var answers = [("any of the two best", base)]
        if votes.count == 3 {
            answers.append(("majority of the three best", try LabelVote.majority(votes)))
            let weights = members.prefix(3).compactMap(\.accuracy)
            if weights.count == 3, weights.contains(where: { $0 > 0 }) {
                answers.append(("three best weighted by accuracy", try LabelVote.weighted(weights)(votes)))
            }
        }
        return answers.map { name, answer in
            let changed = base.indices.filter { base[$0] != answer[$0] }
            let yes = answer.count(where: { $0 })
            return Strategy(
                name: name, distribution: [answer.count - yes, yes], changed: changed.count,
                firstChanged: Array(changed.prefix(10)))
        }
    }
}
