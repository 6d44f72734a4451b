/// The classification that neighbours vote for, weighted by distance (scikit-learn's `weights="distance"`).
package enum NeighbourVote {
    /// Class probabilities `[classes]` of a query from the distances and classes of its nearest entries.
    ///
    /// A neighbour at distance d has weight 1/d; where some lie at distance 0, they alone vote, alike. Nil without neighbours.
    package static func probabilities(distances: [Double], classes: [Int], classCount: Int) -> [Double]? {
        precondition(distances.count == classes.count, "a class for each distance")
        precondition(classes.allSatisfy { $0 >= 0 && $0 < classCount }, "a class outside 0..<\(classCount)")
        guard !distances.isEmpty else { return nil }
        var votes = [Double](repeating: 0, count: classCount)
        for (weight, label) in zip(Self.weights(distances), classes) { votes[label] += weight }
        let total = votes.reduce(0, +)
        return votes.map { $0 / total }
    }

    /// For each of the first `labelCount` labels the share of the neighbours' weight that has it, from the neighbours' distances
    /// and label bits. Where every neighbour has one label these are the `probabilities`. Nil without neighbours.
    package static func shares(distances: [Double], labels: [UInt64], labelCount: Int) -> [Double]? {
        precondition(distances.count == labels.count, "labels for each distance")
        precondition(labelCount <= UInt64.bitWidth, "labels have \(UInt64.bitWidth) bits")
        guard !distances.isEmpty else { return nil }
        let weights = Self.weights(distances)
        let total = weights.reduce(0, +)
        return (0..<labelCount).map { label in
            zip(weights, labels).reduce(0) { sum, neighbour in
                neighbour.1 >> UInt64(label) & 1 == 1 ? sum + neighbour.0 : sum
            } / total
        }
    }

    private static func weights(_ distances: [Double]) -> [Double] {
        let isExact = distances.contains(0)
        return distances.map { isExact ? ($0 == 0 ? 1 : 0) : 1 / $0 }
    }

    /// The class of the largest probability, the first of equal ones.
    package static func label(_ probabilities: [Double]) -> Int? {
        probabilities.indices.reduce(nil) { best, index in
            best.map { probabilities[index] > probabilities[$0] ? index : $0 } ?? index
        }
    }

    /// The numbers of neighbours that `bestCount` tries.
    package static let candidateCounts = [5, 9, 15, 20, 25, 30, 40, 50]

    /// The number of neighbours that classifies the most validation queries rightly; the smallest of equal ones.
    ///
    /// - Parameters:
    ///   - neighbours: For each query the distances and classes of its nearest entries, nearest first, as many as the largest
    ///     candidate or the whole index.
    ///   - entries: Entries in the index. Candidates beyond it are left out.
    /// - Returns: Nil when no candidate is left or there are no queries.
    package static func bestCount(
        neighbours: [(distances: [Double], classes: [Int])], truth: [Int], classCount: Int, entries: Int,
        candidates: [Int] = candidateCounts
    ) -> (count: Int, accuracy: Double)? {
        precondition(neighbours.count == truth.count, "a truth for each query")
        guard !truth.isEmpty else { return nil }
        var best: (count: Int, accuracy: Double)?
        for count in candidates.sorted() where count <= entries {
            let right = zip(neighbours, truth).count { (neighbours, truth) in
                let votes = Self.probabilities(
                    distances: Array(neighbours.distances.prefix(count)), classes: Array(neighbours.classes.prefix(count)),
                    classCount: classCount)
                return votes.flatMap(Self.label) == truth
            }
            let accuracy = Double(right) / Double(truth.count)
            if best.map({ accuracy > $0.accuracy }) ?? true { best = (count, accuracy) }
        }
        return best
    }
}
