/// Bounds-checked reading of numbers from part of a byte array. Every read past the end gives nil, never a trap.
struct ByteReader: Sendable {
    let bytes: [UInt8]
    private(set) var position: Int
    let end: Int
    var littleEndian: Bool

    /// - Parameter range: must lie inside `bytes`; what does not is cut off.
    init(_ bytes: [UInt8], range: Range<Int>? = nil, littleEndian: Bool = true) {
        self.bytes = bytes
        self.position = min(max(range?.lowerBound ?? 0, 0), bytes.count)
        self.end = min(max(range?.upperBound ?? bytes.count, self.position), bytes.count)
        self.littleEndian = littleEndian
    }

    /// Bytes that are left.
    var left: Int { self.end - self.position }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) -> Value? {
        let size = MemoryLayout<Value>.size
        guard self.left >= size else { return nil }
        let value = self.bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: self.position, as: Value.self) }
        self.position += size
        return self.littleEndian ? Value(littleEndian: value) : Value(bigEndian: value)
    }

    /// Moves on by `count` bytes; false, without moving, where there are fewer.
    mutating func skip(_ count: Int) -> Bool {
        guard count >= 0, self.left >= count else { return false }
        self.position += count
        return true
    }

    /// Moves to an absolute position; false, without moving, when it lies outside.
    mutating func seek(to position: Int) -> Bool {
        guard position >= 0, position <= self.end else { return false }
        self.position = position
        return true
    }
}
