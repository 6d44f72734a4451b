/// What the header of a compressed picture says, read before a library sees the data: which decoder is needed, how many bits
/// count, and in which colours the samples are.
struct CodestreamHeader: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// JPEG with a discrete cosine transform: baseline, extended or progressive.
        case dct
        case lossless
        case jpegLS
        case jpeg2000
    }

    var kind: Kind
    /// Bits of a sample.
    var precision: Int
    /// What the codestream itself says of its three components, nil where it says nothing.
    var isLuminanceChrominance: Bool?

    /// More tiles than a scanner writes; a decoder sets memory aside for each before it sees any.
    private static let mostTiles = 4096

    /// Nil when no header can be found; the text says why a header is refused.
    static func read(_ bytes: [UInt8], range: Range<Int>, refusal: inout String?) -> CodestreamHeader? {
        var reader = ByteReader(bytes, range: range, littleEndian: false)
        switch reader.integer(UInt16.self) {
        case 0xFFD8: return self.jpeg(&reader, refusal: &refusal)
        case 0xFF4F: return self.jpeg2000(&reader, refusal: &refusal)
        default: return nil
        }
    }

    /// The segments up to the frame header, JPEG and JPEG-LS.
    private static func jpeg(_ reader: inout ByteReader, refusal: inout String?) -> CodestreamHeader? {
        var colour: Bool?
        while var marker = reader.integer(UInt16.self) {
            while marker == 0xFFFF, let next = reader.integer(UInt8.self) { marker = 0xFF00 | UInt16(next) }
            guard marker >> 8 == 0xFF, let length = reader.integer(UInt16.self), length >= 2 else { return nil }
            let end = reader.position + Int(length) - 2
            switch marker {
            case 0xFFC0...0xFFC3, 0xFFC5...0xFFC7, 0xFFC9...0xFFCB, 0xFFCD...0xFFCF, 0xFFF7:
                return self.frame(marker, &reader, colour, refusal: &refusal)
            case 0xFFE0:
                if self.startsWith("JFIF", reader) { colour = colour ?? true }
            case 0xFFEE:
                // Adobe's segment: name, version, two flags, transform.
                if self.startsWith("Adobe", reader), end - reader.position >= 12, end <= reader.end {
                    colour = reader.bytes[reader.position + 11] != 0
                }
            case 0xFFD9, 0xFFDA: return nil
            default: break
            }
            guard reader.seek(to: end) else { return nil }
        }
        return nil
    }

    private static func startsWith(_ name: String, _ reader: ByteReader) -> Bool {
        reader.bytes[reader.position..<reader.end].starts(with: name.utf8)
    }

    private static func frame(
        _ marker: UInt16, _ reader: inout ByteReader, _ colour: Bool?, refusal: inout String?
    ) -> CodestreamHeader? {
        guard let precision = reader.integer(UInt8.self), reader.skip(4), let count = reader.integer(UInt8.self)
        else { return nil }
        var names: [UInt8] = []
        for _ in 0..<count {
            guard let name = reader.integer(UInt8.self), reader.skip(2) else { return nil }
            names.append(name)
        }
        let kind: Kind
        switch marker {
        case 0xFFC0, 0xFFC1, 0xFFC2: kind = .dct
        case 0xFFC3: kind = .lossless
        case 0xFFF7: kind = .jpegLS
        default:
            refusal = "hierarchical or arithmetically coded JPEG"
            return nil
        }
        let isNamedRGB = names == Array("RGB".utf8) || names == Array("rgb".utf8)
        return CodestreamHeader(kind: kind, precision: Int(precision), isLuminanceChrominance: isNamedRGB ? false : colour)
    }

    /// The SIZ segment, which comes first.
    private static func jpeg2000(_ reader: inout ByteReader, refusal: inout String?) -> CodestreamHeader? {
        guard reader.integer(UInt16.self) == 0xFF51, reader.skip(4) else { return nil }
        var numbers: [Int] = []
        for _ in 0..<8 {
            guard let number = reader.integer(UInt32.self) else { return nil }
            numbers.append(Int(number))
        }
        guard reader.skip(2), let precision = reader.integer(UInt8.self), numbers[4] > 0, numbers[5] > 0,
            numbers[0] > numbers[6], numbers[1] > numbers[7]
        else { return nil }
        let across = (numbers[0] - numbers[6] - 1) / numbers[4] + 1
        let down = (numbers[1] - numbers[7] - 1) / numbers[5] + 1
        guard across <= Self.mostTiles, down <= Self.mostTiles, across * down <= Self.mostTiles else {
            refusal = "JPEG 2000 with more than \(Self.mostTiles) tiles"
            return nil
        }
        return CodestreamHeader(kind: .jpeg2000, precision: Int(precision & 0x7F) + 1, isLuminanceChrominance: nil)
    }
}
