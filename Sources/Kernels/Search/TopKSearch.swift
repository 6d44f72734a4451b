import CKernels

/// The rows of a block that are nearest to a query, exactly.
///
/// What is found is defined by `squaredDistance`: the square of the Euclidean distance, summed in double precision in one fixed
/// order. Rows are ranked by it, equal ones by their position. `nearest` gives these rows and these numbers to the last bit,
/// for every CPU, number of threads and number of queries in a call; how much memory it reads differs.
package enum TopKSearch {
    /// One of the nearest rows.
    package struct Match: Sendable, Hashable {
        package let row: Int
        /// Of vectors of length 1: the cosine of their angle is 1 minus half of it.
        package let squaredDistance: Double

        package init(row: Int, squaredDistance: Double) {
            self.row = row
            self.squaredDistance = squaredDistance
        }
    }

    /// What the first look at every row reads; the results do not depend on it.
    package enum Pass: Sendable, CaseIterable {
        /// The faster one.
        case automatic
        /// The 8-bit codes, for few queries: a quarter of the memory traffic, and more rows to look at again.
        case codes
        /// The float32 rows, by a matrix product.
        case rows

        fileprivate var code: ck_search_pass {
            switch self {
            case .automatic: CK_SEARCH_AUTOMATIC
            case .codes: CK_SEARCH_CODES
            case .rows: CK_SEARCH_ROWS
            }
        }
    }

    /// The nearest rows for each of the dense queries `[n, dimension]`, which have length 1 to within 2^-20, nearest first.
    ///
    /// Runs on the calling thread's team of threads.
    ///
    /// - Parameters:
    ///   - count: How many to find, 1 to the number of rows; fewer are found where fewer are allowed.
    ///   - allowed: Empty, or for each query the rows that it may find, nil for all.
    package static func nearest(
        to queries: [Float], in block: VectorBlock, count: Int, allowed: [RowSet?] = [], pass: Pass = .automatic
    ) throws(KernelError) -> [[Match]] {
        let queryCount = Self.queryCount(queries, block, allowed)
        guard queryCount > 0 else { return [] }
        var rows = [UInt32](repeating: 0, count: queryCount * count)
        var distances = [Double](repeating: .nan, count: queryCount * count)
        var found = [Int](repeating: 0, count: queryCount)
        let sets: [UnsafePointer<UInt64>?] = allowed.map { $0.map { UnsafePointer($0.words) } }
        var vectors = block.vectors
        try check("search") {
            defer { withExtendedLifetime((block, allowed)) {} }
            return sets.withUnsafeBufferPointer { sets in
                ck_search(
                    &vectors, queries, queryCount, count, sets.isEmpty ? nil : sets.baseAddress, pass.code, &rows, &distances,
                    &found)
            }
        }
        return (0..<queryCount).map { query in
            (0..<found[query]).map { rank in
                Match(row: Int(rows[query * count + rank]), squaredDistance: distances[query * count + rank])
            }
        }
    }

    /// The same by looking at every row.
    package static func reference(
        to queries: [Float], in block: VectorBlock, count: Int, allowed: [RowSet?] = []
    ) -> [[Match]] {
        (0..<Self.queryCount(queries, block, allowed)).map { index in
            let query = Array(queries[index * block.dimension..<(index + 1) * block.dimension])
            let set = allowed.isEmpty ? nil : allowed[index]
            let matches = (0..<block.count).lazy.filter { set?.contains($0) ?? true }.map { row in
                Match(row: row, squaredDistance: Self.squaredDistance(query, Array(block.elements(ofRow: row))))
            }
            return Array(matches.sorted { ($0.squaredDistance, $0.row) < ($1.squaredDistance, $1.row) }.prefix(count))
        }
    }

    /// The sum of squared differences: element i is added to partial sum i % 16, then halves of the partial sums are added.
    package static func squaredDistance(_ a: [Float], _ b: [Float]) -> Double {
        var sums = [Double](repeating: 0, count: 16)
        for index in a.indices {
            let difference = Double(a[index]) - Double(b[index])
            sums[index % 16] += difference * difference
        }
        while sums.count > 1 {
            let half = sums.count / 2
            sums = (0..<half).map { sums[$0] + sums[$0 + half] }
        }
        return sums[0]
    }

    private static func queryCount(_ queries: [Float], _ block: VectorBlock, _ allowed: [RowSet?]) -> Int {
        precondition(queries.count % block.dimension == 0, "queries of another dimension")
        let queryCount = queries.count / block.dimension
        precondition(allowed.isEmpty || allowed.count == queryCount, "a set of rows for each query, or none")
        precondition(allowed.allSatisfy { $0 == nil || $0?.count == block.count }, "sets of another number of rows")
        return queryCount
    }
}
