import Metrics
import OnnxFormat

/// A way to damage the bytes of a message; the same generator state gives the same damage.
enum Mutation {
    case bitFlips, byteExtremes, truncation, duplicatedSpan, deletedSpan, splice, rawVarint
    case number, deletedField, duplicatedField, exchangedField, elements

    /// Damage anywhere in the bytes.
    static let raw: [Mutation] = [.bitFlips, .byteExtremes, .truncation, .duplicatedSpan, .deletedSpan, .splice, .rawVarint]
    /// Damage that leaves a message; numbers are changed more often than fields are moved.
    static let structural: [Mutation] = [
        .number, .number, .number, .elements, .elements, .elements, .deletedField, .duplicatedField, .exchangedField,
    ]

    /// - Parameter other: another message of the same kind.
    func applied(to bytes: [UInt8], other: [UInt8], _ root: WireMessage, _ random: inout SplitMix64) -> [UInt8] {
        guard !bytes.isEmpty else { return bytes }
        switch self {
        case .bitFlips: return Self.flipped(bytes, &random)
        case .byteExtremes:
            return Self.replaced(bytes, random.below(bytes.count), [[0, 1, 0x7F, 0x80, 0xFF][random.below(5)]])
        case .truncation: return Array(bytes.prefix(random.below(bytes.count)))
        case .duplicatedSpan:
            let span = Self.span(bytes.count, &random)
            return Array(bytes[..<span.upperBound] + bytes[span.lowerBound...])
        case .deletedSpan:
            let span = Self.span(bytes.count, &random)
            return Array(bytes[..<span.lowerBound] + bytes[span.upperBound...])
        case .splice:
            return Array(bytes.prefix(random.below(bytes.count)) + other.suffix(random.below(max(other.count, 1))))
        case .rawVarint:
            let place = random.below(bytes.count)
            return Array(bytes[..<place] + Wire.varint(UInt64(bitPattern: Extremes.integer(&random))) + bytes[(place + 1)...])
        case .number, .deletedField, .duplicatedField, .exchangedField, .elements:
            return self.structural(bytes, other, root, &random) ?? Self.flipped(bytes, &random)
        }
    }

    /// Damage that keeps every length right, so that it is found behind the protobuf decoder.
    private func structural(
        _ bytes: [UInt8], _ other: [UInt8], _ root: WireMessage, _ random: inout SplitMix64
    ) -> [UInt8]? {
        let tree = WireTree(bytes, root)
        func pick(_ holds: (WireTree.Spot) -> Bool) -> WireTree.Spot? {
            let spots = tree.spots.filter(holds)
            return spots.isEmpty ? nil : spots[random.below(spots.count)]
        }
        switch self {
        case .number:
            guard let spot = pick({ $0.wireType == 0 }) else { return nil }
            return tree.replacing(spot, by: Wire.tag(spot) + Wire.varint(UInt64(bitPattern: Extremes.integer(&random))))
        case .deletedField: return pick { _ in true }.map { tree.replacing($0, by: []) }
        case .duplicatedField:
            guard let spot = pick({ _ in true }) else { return nil }
            return tree.replacing(spot, by: Array(bytes[spot.whole] + bytes[spot.whole]))
        case .exchangedField:
            guard let spot = pick({ _ in true }) else { return nil }
            let isFromOther = random.below(2) == 0
            let source = isFromOther ? WireTree(other, root) : tree
            let candidates = source.spots.filter { $0.message == spot.message && $0.number == spot.number }
            guard !candidates.isEmpty else { return nil }
            let chosen = candidates[random.below(candidates.count)]
            return tree.replacing(spot, by: Array((isFromOther ? other : bytes)[chosen.whole]))
        case .elements:
            // Packed numbers and raw data; names seldom, they only break what reads them.
            let isName = random.below(16) == 0
            guard let spot = pick({ $0.wireType == 2 && !$0.isMessage && !$0.value.isEmpty && $0.isName == isName }) else {
                return nil
            }
            var value = Array(bytes[spot.value])
            for _ in 0...random.below(3) {
                var word = withUnsafeBytes(of: Extremes.integer(&random)) { Array($0) }
                // Texts must stay texts.
                if isName || ![.tensor, .attribute].contains(spot.message) { word = word.map { $0 & 0x7F } }
                let width = min([1, 2, 4, 8][random.below(4)], value.count)
                let place = random.below(value.count / width) * width
                value.replaceSubrange(place..<place + width, with: word.prefix(width))
            }
            return tree.replacing(spot, by: Wire.tag(spot) + Wire.varint(UInt64(value.count)) + value)
        default: return nil
        }
    }

    private static func flipped(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0...random.below(4) { bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8)) }
        return bytes
    }

    private static func replaced(_ bytes: [UInt8], _ place: Int, _ new: [UInt8]) -> [UInt8] {
        var bytes = bytes
        bytes.replaceSubrange(place..<min(place + new.count, bytes.count), with: new)
        return bytes
    }

    private static func span(_ count: Int, _ random: inout SplitMix64) -> Range<Int> {
        let start = random.below(count)
        return start..<start + 1 + random.below(min(count - start, 64))
    }
}

/// Numbers at which careless arithmetic breaks.
enum Extremes {
    private static let integers: [Int64] = [
        0, 1, -1, 2, 3, 4, 7, 8, 16, 31, 32, 63, 64, 127, 128, 255, 256, 1023, 65535, 65536, -2, -3, -4, -128, -32768,
        Int64(Int32.max), Int64(Int32.min), Int64(Int32.max) + 1, 1 << 33, 1 << 36, 1 << 40, 1 << 53, 1 << 61, 1 << 62, .max,
        .min,
        .max - 1, .min + 1, 0x7FF0_0000_0000_0000, 0x7FF8_0000_0000_0000, 0x7F80_0000, 0x7FC0_0000,
    ]

    /// Often one of these, otherwise a small number.
    static func integer(_ random: inout SplitMix64) -> Int64 {
        random.below(3) == 0 ? Int64(random.below(30)) - 5 : self.integers[random.below(self.integers.count)]
    }
}
