/// The colours of a `PALETTE COLOR` picture (PS3.3, C.7.6.3.1.5), as the high 8 bits of red, green and blue.
struct DicomPalette: Sendable, Hashable {
    private var first: Int
    private var colours: [[UInt8]]

    init(_ file: DicomFile, _ pixels: DicomPixels) throws(ImagingError) {
        if file.has(DicomTag.segmentedRedTable) {
            throw file.unsupported("a segmented palette", "export the picture as RGB")
        }
        var first = 0
        var colours: [[UInt8]] = []
        for channel in 0..<3 as Range<UInt32> {
            let (start, table) = try Self.table(file, pixels, channel)
            first = start
            colours.append(table)
        }
        self.first = first
        self.colours = colours
    }

    private static func table(
        _ file: DicomFile, _ pixels: DicomPixels, _ channel: UInt32
    ) throws(ImagingError) -> (first: Int, bytes: [UInt8]) {
        let littleEndian = file.transferSyntax.isLittleEndian
        guard let descriptor = file.element(DicomTag.redDescriptor + channel),
            let data = file.element(DicomTag.redTable + channel)
        else { throw file.corrupt("a palette is missing") }
        var reader = ByteReader(file.bytes, range: descriptor.range, littleEndian: littleEndian)
        guard let count = reader.integer(UInt16.self), let start = reader.integer(UInt16.self),
            let bits = reader.integer(UInt16.self), bits == 8 || bits == 16
        else { throw file.corrupt("a palette's descriptor") }
        let entries = count == 0 ? 1 << 16 : Int(count)
        let first = pixels.isSigned ? Int(Int16(bitPattern: start)) : Int(start)
        if data.range.count >= entries * 2 {
            var words = ByteReader(file.bytes, range: data.range, littleEndian: littleEndian)
            let table = (0..<entries).map { _ in words.integer(UInt16.self) ?? 0 }
            // Tables of 8 bits in 16-bit entries keep them in the low byte.
            return (first, table.map { UInt8(truncatingIfNeeded: bits == 16 ? $0 >> 8 : $0) })
        }
        guard bits == 8, data.range.count >= entries else { throw file.corrupt("a palette has fewer colours than it says") }
        return (first, Array(file.bytes[data.range].prefix(entries)))
    }

    /// Values outside the table take its first or last colour.
    func write(_ stored: Int, to pixel: UnsafeMutablePointer<UInt8>) {
        for (channel, table) in self.colours.enumerated() {
            pixel[channel] = table[min(max(stored - self.first, 0), table.count - 1)]
        }
    }
}
