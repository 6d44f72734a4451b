/// Reads little-endian numbers and byte ranges; whatever lies outside the bytes is an error.
///
/// Valid only while the owner of the bytes is.
struct ByteReader {
    let bytes: UnsafeRawBufferPointer
    let file: String
    /// The next byte that `take` and `next` read.
    var position: Int

    init(_ bytes: UnsafeRawBufferPointer, file: String, at position: Int = 0) {
        self.bytes = bytes
        self.file = file
        self.position = position
    }

    /// The `count` bytes from `offset` on.
    func range(at offset: Int, count: Int, _ what: String) throws(CheckpointError) -> UnsafeRawBufferPointer {
        guard offset >= 0, count >= 0, offset <= self.bytes.count, count <= self.bytes.count - offset else {
            let message = "\(what) at byte \(offset) needs \(count) bytes, the file has \(self.bytes.count)"
            throw CheckpointError(.truncated, self.file, message)
        }
        return UnsafeRawBufferPointer(rebasing: self.bytes[offset..<offset + count])
    }

    /// The number at `offset`.
    func number<Number: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int, as type: Number.Type = Number.self, _ what: String
    ) throws(CheckpointError) -> Number {
        let field = try self.range(at: offset, count: MemoryLayout<Number>.size, what)
        return Number(littleEndian: field.loadUnaligned(as: Number.self))
    }

    mutating func take(_ count: Int, _ what: String) throws(CheckpointError) -> UnsafeRawBufferPointer {
        let field = try self.range(at: self.position, count: count, what)
        self.position += count
        return field
    }

    mutating func next<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type = Number.self, _ what: String
    ) throws(CheckpointError) -> Number {
        let value = try self.number(at: self.position, as: type, what)
        self.position += MemoryLayout<Number>.size
        return value
    }
}
