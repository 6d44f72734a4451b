/// What a neighbour's vote counts.
package enum NeighborWeights: String, Sendable, Hashable, CaseIterable {
    /// 1.
    case uniform
    /// 1 / distance; where a neighbour is at distance 0, only such neighbours vote, with 1 each.
    case distance

    package var text: String {
        switch self {
        case .uniform: "1 for each neighbour"
        case .distance: "1 / distance, or only the neighbours at distance 0 where there are any"
        }
    }
}

/// Classes by the votes of the nearest labelled vectors, as scikit-learn's `KNeighborsClassifier` counts them.
package struct KNNClassifier: Sendable {
    package let points: Embeddings
    /// The class of each point, in `0..<classes`.
    package let labels: [Int]
    package let classes: Int
    /// Neighbours that vote: what was asked for, or all points where there are fewer.
    package let k: Int
    package let requestedK: Int
    package let weights: NeighborWeights

    /// Equal distances by ascending index, equal votes to the lowest class.
    package static let tieRule = "equal distances by ascending index, equal votes to the lowest class"

    package init(
        points: Embeddings, labels: [Int], classes: Int, k: Int, weights: NeighborWeights = .distance
    ) throws(MetricError) {
        guard points.count > 0 else { throw MetricError(.empty, "points", "there is none to be a neighbour") }
        guard labels.count == points.count else {
            throw MetricError(.size, "labels", "\(labels.count) for \(points.count) points; give one for each")
        }
        guard k > 0 else { throw MetricError(.setting, "k", "\(k); at least one neighbour is needed") }
        try checkLabels(labels, classes: classes)
        self.points = points
        self.labels = labels
        self.classes = classes
        self.requestedK = k
        self.k = min(k, points.count)
        self.weights = weights
    }

    /// The shares of the votes, `[queries][classes]`.
    package func probabilities(_ queries: Embeddings) throws(MetricError) -> [[Double]] {
        try self.points.nearest(to: queries, count: self.k).map { self.shares($0[...]) }
    }

    /// The class with most votes of each query.
    package func predict(_ queries: Embeddings) throws(MetricError) -> [Int] {
        try self.probabilities(queries).map(mostProbable)
    }

    /// The shares of the votes of these neighbours, nearest first; zeros without neighbours.
    package func shares(_ neighbors: ArraySlice<Neighbor>) -> [Double] {
        let onlyZeros = self.weights == .distance && neighbors.contains { $0.squaredDistance == 0 }
        var votes = Array(repeating: 0.0, count: self.classes)
        for neighbor in neighbors {
            let vote: Double =
                switch self.weights {
                case .uniform: 1
                case .distance:
                    onlyZeros ? (neighbor.squaredDistance == 0 ? 1 : 0) : 1 / neighbor.squaredDistance.squareRoot()
                }
            votes[self.labels[neighbor.index]] += vote
        }
        let sum = votes.reduce(0, +)
        return sum > 0 ? votes.map { $0 / sum } : votes
    }
}

func checkLabels(_ labels: [Int], classes: Int) throws(MetricError) {
    guard classes > 0 else { throw MetricError(.setting, "classes", "at least one class is needed") }
    if let bad = labels.firstIndex(where: { !(0..<classes).contains($0) }) {
        throw MetricError(.value, "labels", "label \(bad) is class \(labels[bad]); classes are 0..<\(classes)")
    }
}
