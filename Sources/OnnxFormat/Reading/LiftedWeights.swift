import Graph

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A model's bytes without the large raw data of its graph's initializers, which the decoder would copy.
///
/// The bytes have passed a `WireScan`.
struct LiftedWeights {
    /// Raw data of at least so many bytes is lifted.
    private static let smallest = 4096

    /// Where lifted raw data lies in the file, by the initializer's place in the graph.
    private(set) var ranges: [Int: Range<Int>] = [:]
    /// The model without them.
    private(set) var rest: [UInt8] = []
    private var initializers = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        var kept: [UInt8] = []
        var cursor = unsafe WireCursor(bytes, 0..<bytes.count)
        while !cursor.isAtEnd, let field = cursor.next() {
            if field.number == 7, field.wireType == 2 {
                Self.append(unsafe self.graph(bytes, field.value), number: 7, to: &kept)
            } else {
                unsafe kept.append(contentsOf: bytes[field.start..<field.value.upperBound])
            }
        }
        self.rest = kept
    }

    private mutating func graph(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> [UInt8] {
        var kept: [UInt8] = []
        var cursor = unsafe WireCursor(bytes, range)
        while !cursor.isAtEnd, let field = cursor.next() {
            guard field.number == 5, field.wireType == 2 else {
                unsafe kept.append(contentsOf: bytes[field.start..<field.value.upperBound])
                continue
            }
            if let tensor = unsafe self.tensor(bytes, field.value) {
                Self.append(tensor, number: 5, to: &kept)
            } else {
                unsafe kept.append(contentsOf: bytes[field.start..<field.value.upperBound])
            }
            self.initializers += 1
        }
        return kept
    }

    /// The tensor without its raw data; nil where that is small, or given more than once.
    private mutating func tensor(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> [UInt8]? {
        guard range.count >= Self.smallest else { return nil }
        var kept: [UInt8] = []
        var raw: Range<Int>?
        var cursor = unsafe WireCursor(bytes, range)
        while !cursor.isAtEnd, let field = cursor.next() {
            guard field.number == 9, field.wireType == 2 else {
                unsafe kept.append(contentsOf: bytes[field.start..<field.value.upperBound])
                continue
            }
            guard raw == nil else { return nil }
            raw = field.value
        }
        guard let raw, raw.count >= Self.smallest else { return nil }
        self.ranges[self.initializers] = raw
        return kept
    }

    /// A length-delimited field.
    private static func append(_ value: [UInt8], number: UInt8, to bytes: inout [UInt8]) {
        bytes.append(number << 3 | 2)
        var length = UInt64(value.count)
        while length >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: length) | 0x80)
            length >>= 7
        }
        bytes.append(UInt8(length))
        bytes.append(contentsOf: value)
    }
}
