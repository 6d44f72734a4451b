import CKernels

/// Where the parts of a block of vectors lie; the distances are those that the search likes.
package struct VectorLayout: Sendable, Hashable {
    /// The largest number of elements of a vector.
    package static let largestDimension = CK_SEARCH_MAX_DIMENSION

    package let dimension: Int
    /// Floats from one row to the next.
    package let rowStride: Int
    /// Bytes from one row's codes to the next.
    package let codeStride: Int

    package init(dimension: Int) {
        precondition(dimension > 0 && dimension <= Self.largestDimension, "a vector has 1 to \(Self.largestDimension) elements")
        self.dimension = dimension
        self.rowStride = ck_vectors_row_stride(dimension)
        self.codeStride = ck_vectors_code_stride(dimension)
    }
}

/// Vectors of length 1, to within 2^-20, in the arrangement that `TopKSearch` reads: rows of float32, and for each row its
/// elements in 8 bits with the length of what they leave out.
package final class VectorBlock: @unchecked Sendable {
    package let count: Int
    package let layout: VectorLayout
    let vectors: ck_vectors
    private let owner: AnyObject

    /// The parts of a block in memory that somebody else made and, except for `rows`, will be filled by `encode`.
    package struct Parts {
        /// `[count, rowStride]`.
        package let rows: UnsafeMutablePointer<Float>
        /// `[count, codeStride]`.
        package let codes: UnsafeMutablePointer<Int8>
        /// `[count]` each.
        package let steps: UnsafeMutablePointer<Float>
        package let errors: UnsafeMutablePointer<Float>

        package init(
            rows: UnsafeMutablePointer<Float>, codes: UnsafeMutablePointer<Int8>, steps: UnsafeMutablePointer<Float>,
            errors: UnsafeMutablePointer<Float>
        ) {
            self.rows = rows
            self.codes = codes
            self.steps = steps
            self.errors = errors
        }

        /// Makes codes, steps and errors from `count` rows, on the calling thread's team.
        package func encode(count: Int, layout: VectorLayout) {
            var vectors = self.vectors(count: count, layout: layout)
            ck_vectors_encode(&vectors, self.codes, self.steps, self.errors)
        }

        fileprivate func vectors(count: Int, layout: VectorLayout) -> ck_vectors {
            ck_vectors(
                count: count, dimension: layout.dimension, row_stride: layout.rowStride, code_stride: layout.codeStride,
                rows: self.rows,
                codes: self.codes, steps: self.steps, errors: self.errors)
        }
    }

    /// A block over encoded memory, which `owner` keeps alive. It is only read.
    package init(_ parts: Parts, count: Int, layout: VectorLayout, owner: AnyObject) {
        precondition(count >= 0 && count <= Int(UInt32.max), "a block holds fewer than 2^32 rows")
        self.count = count
        self.layout = layout
        self.vectors = parts.vectors(count: count, layout: layout)
        self.owner = owner
    }

    /// A block in memory of its own; `fill` writes the elements of one row after another.
    package convenience init(
        count: Int, dimension: Int, fill: (_ row: Int, _ elements: UnsafeMutableBufferPointer<Float>) throws -> Void
    ) rethrows {
        let layout = VectorLayout(dimension: dimension)
        let rowBytes = count * layout.rowStride * MemoryLayout<Float>.size
        let codeBytes = count * layout.codeStride
        let memory = AlignedMemory(byteCount: rowBytes + codeBytes + 2 * count * MemoryLayout<Float>.size)
        let steps = (memory.start + rowBytes + codeBytes).assumingMemoryBound(to: Float.self)
        let parts = Parts(
            rows: memory.start.assumingMemoryBound(to: Float.self),
            codes: (memory.start + rowBytes).assumingMemoryBound(to: Int8.self),
            steps: steps, errors: steps + count)
        for row in 0..<count {
            try fill(row, UnsafeMutableBufferPointer(start: parts.rows + row * layout.rowStride, count: dimension))
        }
        parts.encode(count: count, layout: layout)
        self.init(parts, count: count, layout: layout, owner: memory)
    }

    package var dimension: Int { self.layout.dimension }

    /// The elements of a row; valid while the block lives.
    package func elements(ofRow row: Int) -> UnsafeBufferPointer<Float> {
        precondition(row >= 0 && row < self.count, "row \(row) of \(self.count)")
        return UnsafeBufferPointer(start: self.vectors.rows + row * self.layout.rowStride, count: self.dimension)
    }
}

/// Zeroed memory at an address that is a multiple of 64.
private final class AlignedMemory {
    let start: UnsafeMutableRawPointer

    init(byteCount: Int) {
        self.start = .allocate(byteCount: max(byteCount, 64), alignment: 64)
        self.start.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    }

    deinit {
        self.start.deallocate()
    }
}
