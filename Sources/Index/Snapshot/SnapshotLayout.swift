import Kernels

/// Where everything lies in a snapshot file: a page with the header, then numbers, labels, rows, codes, steps and errors, each
/// from the start of a page. Integers and floats are little-endian.
struct SnapshotLayout {
    static let pageSize = 4096

    let count: Int
    let vectors: VectorLayout
    /// Offsets in bytes; `end` is the file's length.
    let numbers: Int
    let labels: Int
    let rows: Int
    let codes: Int
    let steps: Int
    let errors: Int
    let end: Int

    /// Nil when the sizes exceed what a file can be.
    init?(count: Int, dimension: Int) {
        guard count >= 0, count <= Int(UInt32.max), dimension > 0, dimension <= VectorLayout.largestDimension else { return nil }
        let vectors = VectorLayout(dimension: dimension)
        var offset = Self.pageSize
        func section(_ bytesPerRow: Int) -> Int {
            let start = offset
            // At most 2^32 rows of 2^19 bytes: no overflow.
            offset = (start + count * bytesPerRow + Self.pageSize - 1) / Self.pageSize * Self.pageSize
            return start
        }
        self.count = count
        self.vectors = vectors
        self.numbers = section(8)
        self.labels = section(8)
        self.rows = section(vectors.rowStride * 4)
        self.codes = section(vectors.codeStride)
        self.steps = section(4)
        self.errors = section(4)
        self.end = offset
    }

    func parts(at start: UnsafeMutableRawPointer) -> VectorBlock.Parts {
        VectorBlock.Parts(
            rows: (start + self.rows).assumingMemoryBound(to: Float.self),
            codes: (start + self.codes).assumingMemoryBound(to: Int8.self),
            steps: (start + self.steps).assumingMemoryBound(to: Float.self),
            errors: (start + self.errors).assumingMemoryBound(to: Float.self))
    }
}

/// What a snapshot says of itself, in its first page.
struct SnapshotHeader: Equatable {
    static let magic: [UInt8] = Array("DRVECTOR".utf8)
    /// Changes with the layout, the strides of `VectorLayout` included: an older file is made again, never converted.
    static let version: UInt32 = 1

    var model: IndexModel
    var count: Int
    /// The state of the index that the file holds, and the number of its last entry.
    var generation: Int64
    var lastNumber: Int64
    /// XXH64 of everything after the first page.
    var checksum: UInt64

    /// The first page. Its last 8 bytes are the XXH64 of the bytes before.
    func encoded() -> [UInt8] {
        var page = Self.magic
        func append<Number: FixedWidthInteger>(_ number: Number) { withUnsafeBytes(of: number.littleEndian) { page += $0 } }
        append(Self.version)
        append(UInt32(self.model.making))
        append(UInt64(self.model.dimension))
        append(UInt64(self.count))
        append(UInt64(VectorLayout(dimension: self.model.dimension).rowStride))
        append(UInt64(VectorLayout(dimension: self.model.dimension).codeStride))
        append(self.generation)
        append(self.lastNumber)
        append(self.checksum)
        page += Array(self.model.sha256.utf8)
        page += [UInt8](repeating: 0, count: SnapshotLayout.pageSize - 8 - page.count)
        append(page.withUnsafeBytes(xxh64))
        return page
    }

    /// Nil unless the page is one that `encoded` writes on this machine.
    init?(decoding page: UnsafeRawBufferPointer) {
        guard page.count >= SnapshotLayout.pageSize, page.starts(with: Self.magic) else { return nil }
        func number<Number: FixedWidthInteger>(_ offset: Int, _ type: Number.Type) -> Number {
            Number(littleEndian: page.loadUnaligned(fromByteOffset: offset, as: Number.self))
        }
        let end = SnapshotLayout.pageSize - 8
        guard number(8, UInt32.self) == Self.version,
            number(end, UInt64.self) == xxh64(UnsafeRawBufferPointer(rebasing: page[..<end]))
        else { return nil }
        let dimension = Int(truncatingIfNeeded: number(16, UInt64.self))
        let count = Int(truncatingIfNeeded: number(24, UInt64.self))
        guard let layout = SnapshotLayout(count: count, dimension: dimension),
            number(32, UInt64.self) == layout.vectors.rowStride,
            number(40, UInt64.self) == layout.vectors.codeStride
        else { return nil }
        let sha256 = String(decoding: page[72..<136], as: UTF8.self)
        self.model = IndexModel(sha256: sha256, dimension: dimension, making: Int(number(12, UInt32.self)))
        self.count = count
        self.generation = number(48, Int64.self)
        self.lastNumber = number(56, Int64.self)
        self.checksum = number(64, UInt64.self)
    }

    init(model: IndexModel, count: Int, generation: Int64, lastNumber: Int64, checksum: UInt64) {
        self.model = model
        self.count = count
        self.generation = generation
        self.lastNumber = lastNumber
        self.checksum = checksum
    }
}
