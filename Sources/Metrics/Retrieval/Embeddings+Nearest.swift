/// An item of a database and how far it is from a query.
package struct Neighbor: Sendable, Hashable {
    package let index: Int
    /// Euclidean, squared.
    package let squaredDistance: Double

    package init(index: Int, squaredDistance: Double) {
        self.index = index
        self.squaredDistance = squaredDistance
    }
}

extension Embeddings {
    /// The `count` nearest vectors to each query by Euclidean distance, equal distances by ascending index; all vectors where
    /// there are fewer. Every pair is looked at and sums are of `Double`: this is the measure for an index, not a fast search.
    package func nearest(to queries: Embeddings, count: Int) throws(MetricError) -> [[Neighbor]] {
        guard queries.dimension == self.dimension else {
            throw MetricError(
                .size, "embeddings",
                "queries have \(queries.dimension) values, the database \(self.dimension); use one model for both")
        }
        guard count > 0 else { throw MetricError(.setting, "k", "\(count); at least one neighbour is needed") }
        return (0..<queries.count).map { query in
            var best = NearestList(capacity: min(count, self.count))
            for index in 0..<self.count {
                best.offer(index, squaredDistance(queries.values, query, self.values, index, dimension: self.dimension))
            }
            return best.neighbors
        }
    }
}

private struct NearestList {
    let capacity: Int
    private(set) var neighbors: [Neighbor] = []

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Indices come in ascending order, so an equal distance goes behind those that are there.
    mutating func offer(_ index: Int, _ distance: Double) {
        if self.neighbors.count == self.capacity {
            guard let worst = self.neighbors.last, distance < worst.squaredDistance else { return }
            self.neighbors.removeLast()
        }
        var (low, high) = (0, self.neighbors.count)
        while low < high {
            let middle = (low + high) / 2
            if self.neighbors[middle].squaredDistance <= distance { low = middle + 1 } else { high = middle }
        }
        self.neighbors.insert(Neighbor(index: index, squaredDistance: distance), at: low)
    }
}

private func squaredDistance(_ left: [Float], _ leftRow: Int, _ right: [Float], _ rightRow: Int, dimension: Int) -> Double {
    let (leftStart, rightStart) = (leftRow * dimension, rightRow * dimension)
    var sum = 0.0
    for index in 0..<dimension {
        let difference = Double(left[leftStart + index]) - Double(right[rightStart + index])
        sum += difference * difference
    }
    return sum
}
