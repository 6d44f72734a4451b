import Kernels
import Metrics

/// The nearest pictures of each query as the index finds them, for comparison with what is served.
package struct NeighbourTable: Sendable {
    /// `query,rank,id,distance,cosine`, ranks from 1, distances of the two unit vectors.
    package let csv: String

    /// Runs on the calling thread's team of threads.
    package init(queries: EmbeddedPictures, database: EmbeddedPictures, count: Int) throws {
        let (known, asked) = (database.embeddings, queries.embeddings)
        let block = VectorBlock(count: known.count, dimension: known.dimension) { row, elements in
            _ = elements.update(fromContentsOf: known.values[(row * known.dimension)..<((row + 1) * known.dimension)])
        }
        let found = try TopKSearch.nearest(to: asked.values, in: block, count: min(count, known.count))
        var lines = ["query,rank,id,distance,cosine"]
        for (query, matches) in zip(queries.rows, found) {
            for (rank, match) in matches.enumerated() {
                let (distance, cosine) = (match.squaredDistance.squareRoot(), 1 - match.squaredDistance / 2)
                lines.append("\(query.id),\(rank + 1),\(database.rows[match.row].id),\(distance),\(cosine)")
            }
        }
        self.csv = lines.joined(separator: "\n") + "\n"
    }
}
