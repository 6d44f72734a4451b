/// The bits of a JPEG-LS scan (ISO/IEC 14495-1, annex C): most significant first; after a byte of ones only seven bits of the next
/// count, and a byte of ones before a byte with its highest bit set is a marker, where the scan ends.
struct JpegLSBits: Sendable {
    private let bytes: [UInt8]
    private let end: Int
    private(set) var position: Int
    /// Bits that were read ahead, from the top.
    private var cache: UInt64 = 0
    private var count = 0
    private var followsOnes = false

    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        self.position = range.lowerBound
        self.end = range.upperBound
    }

    private mutating func fill() {
        while self.count <= 56, self.position < self.end {
            let byte = self.bytes[self.position]
            if byte == 0xFF, self.position + 1 >= self.end || self.bytes[self.position + 1] >= 0x80 { return }
            let width = self.followsOnes ? 7 : 8
            self.cache |= UInt64(byte) << UInt64(64 - self.count - width)
            self.count += width
            self.followsOnes = byte == 0xFF
            self.position += 1
        }
    }

    /// The next `width` bits, 0 to 32; nil when the scan has fewer.
    mutating func read(_ width: Int) -> Int? {
        if width == 0 { return 0 }
        if self.count < width { self.fill() }
        guard self.count >= width else { return nil }
        let value = Int(self.cache >> UInt64(64 - width))
        self.cache <<= UInt64(width)
        self.count -= width
        return value
    }

    /// The zeros before the next one, which is taken too; nil when there are more than `most` or the scan ends.
    mutating func zeros(atMost most: Int) -> Int? {
        var total = 0
        while true {
            if self.count == 0 { self.fill() }
            guard self.count > 0 else { return nil }
            let zeros = min(self.cache.leadingZeroBitCount, self.count)
            total += zeros
            guard total <= most else { return nil }
            if zeros < self.count {
                // Shifting by 64 gives zero.
                self.cache <<= UInt64(zeros + 1)
                self.count -= zeros + 1
                return total
            }
            self.cache = 0
            self.count = 0
        }
    }
}
