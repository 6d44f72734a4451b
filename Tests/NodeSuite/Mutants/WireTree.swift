import OnnxFormat

/// Every field of a message and of the messages in it.
struct WireTree {
    struct Spot {
        /// The message that the field belongs to.
        let message: WireMessage
        let number: Int
        let wireType: UInt8
        /// Tag, length and value.
        let whole: Range<Int>
        let value: Range<Int>
        let isMessage: Bool
        let isName: Bool
        /// Index of the field that holds the message that the field belongs to.
        let parent: Int?
    }

    let bytes: [UInt8]
    private(set) var spots: [Spot] = []

    init(_ bytes: [UInt8], _ root: WireMessage) {
        self.bytes = bytes
        bytes.withUnsafeBytes { self.add($0, 0..<bytes.count, root, parent: nil, depth: 0) }
    }

    private mutating func add(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ message: WireMessage, parent: Int?, depth: Int
    ) {
        var cursor = WireCursor(bytes, range)
        while !cursor.isAtEnd, depth < 40, let field = cursor.next() {
            var inner: WireMessage?
            if case .message(let kind)? = message.field(field.number), field.wireType == 2 { inner = kind }
            self.spots.append(
                Spot(
                    message: message, number: field.number, wireType: field.wireType,
                    whole: field.start..<field.value.upperBound, value: field.value, isMessage: inner != nil,
                    isName: message.field(field.number) == .name, parent: parent))
            if let inner { self.add(bytes, field.value, inner, parent: self.spots.count - 1, depth: depth + 1) }
        }
    }

    /// The message with another field in a field's place; the lengths around it are made right.
    func replacing(_ spot: Spot, by new: [UInt8]) -> [UInt8] {
        var range = spot.whole
        var new = new
        var parent = spot.parent
        while let index = parent {
            let outer = self.spots[index]
            let value =
                self.bytes[outer.value.lowerBound..<range.lowerBound] + new
                + self.bytes[range.upperBound..<outer.value.upperBound]
            new = Wire.tag(outer) + Wire.varint(UInt64(value.count)) + value
            range = outer.whole
            parent = outer.parent
        }
        return Array(self.bytes[..<range.lowerBound] + new + self.bytes[range.upperBound...])
    }
}

extension WireTree {
    /// The message without the shapes of the graph's inputs and outputs, so that other shapes are no contradiction.
    var withoutDeclaredShapes: [UInt8] {
        var tree = self
        while let spot = tree.spots.first(where: { $0.message == .tensorType && $0.number == 2 && tree.isPort($0) }) {
            tree = WireTree(tree.replacing(spot, by: []), .model)
        }
        return tree.bytes
    }

    private func isPort(_ spot: Spot) -> Bool {
        var parent = spot.parent
        while let index = parent {
            if self.spots[index].message == .graph { return [11, 12].contains(self.spots[index].number) }
            parent = self.spots[index].parent
        }
        return false
    }
}

/// Pieces of protobuf's encoding.
enum Wire {
    static func varint(_ value: UInt64) -> [UInt8] {
        var value = value
        var result: [UInt8] = []
        while value >= 0x80 {
            result.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        return result + [UInt8(value)]
    }

    static func tag(_ spot: WireTree.Spot) -> [UInt8] { self.varint(UInt64(spot.number) << 3 | UInt64(spot.wireType)) }
}
