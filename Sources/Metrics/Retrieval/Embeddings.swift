/// Vectors of one length, one a row: `[count, dimension]`, all finite.
package struct Embeddings: Sendable, Hashable {
    package let count: Int
    package let dimension: Int
    /// Row-major.
    package let values: [Float]

    package init(values: [Float], dimension: Int) throws(MetricError) {
        guard dimension > 0, values.count.isMultiple(of: dimension) else {
            throw MetricError(.size, "embeddings", "\(values.count) values are no whole number of vectors of \(dimension)")
        }
        if let bad = values.firstIndex(where: { !$0.isFinite }) {
            throw MetricError(
                .value, "embeddings", "vector \(bad / dimension) has a value that is not finite; distances to it have no order")
        }
        self.count = values.count / dimension
        self.dimension = dimension
        self.values = values
    }

    package init(rows: [[Float]]) throws(MetricError) {
        guard let dimension = rows.first?.count else { throw MetricError(.empty, "embeddings", "there is no vector") }
        for (number, row) in rows.enumerated() where row.count != dimension {
            throw MetricError(.size, "embeddings", "vector \(number) has \(row.count) values, the first \(dimension)")
        }
        try self.init(values: rows.flatMap(\.self), dimension: dimension)
    }

    /// Every vector divided by its Euclidean length; vectors of zeros stay.
    package var normalized: Embeddings {
        var values = self.values
        for row in 0..<self.count {
            let range = row * self.dimension..<(row + 1) * self.dimension
            let length = values[range].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            guard length > 0 else { continue }
            for index in range { values[index] = Float(Double(values[index]) / length) }
        }
        return Embeddings(checked: values, dimension: self.dimension, count: self.count)
    }

    /// The mean of several views of the same cases, such as flipped pictures, each row divided by its length afterwards.
    package static func mean(ofViews views: [Embeddings]) throws(MetricError) -> Embeddings {
        guard let first = views.first else { throw MetricError(.empty, "views", "there is none") }
        for (number, view) in views.enumerated() where view.count != first.count || view.dimension != first.dimension {
            let shapes = "[\(view.count), \(view.dimension)], the first [\(first.count), \(first.dimension)]"
            throw MetricError(.size, "views", "view \(number) is \(shapes)")
        }
        let sums = first.values.indices.map { index in views.reduce(0.0) { $0 + Double($1.values[index]) } }
        let mean = sums.map { Float($0 / Double(views.count)) }
        return Embeddings(checked: mean, dimension: first.dimension, count: first.count).normalized
    }

    private init(checked values: [Float], dimension: Int, count: Int) {
        self.values = values
        self.dimension = dimension
        self.count = count
    }
}
