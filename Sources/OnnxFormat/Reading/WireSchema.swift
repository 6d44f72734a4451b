/// A message of the ONNX schema as far as its bytes must be followed before it is decoded.
package enum WireMessage: Sendable, Hashable {
    case model, graph, node, attribute, tensor, sparseTensor, valueInfo, function, training, annotation, entry, opset
    case type, tensorType, elementType, mapType, shape, dimension
    case deviceConfiguration, nodeDeviceConfiguration, sharding, shardedDimension, simpleSharding, intListEntry, segment

    /// What a field holds.
    package enum Field: Sendable, Hashable {
        case message(WireMessage)
        /// A text that the graph is made of.
        case name
        /// Bytes that are taken as they are.
        case bytes
        /// Repeated varints, packed or not, with their width in memory.
        case numbers(width: Int)
        /// Repeated numbers of fixed width, which take the same room in the file and in memory.
        case fixedNumbers
        case number
    }

    /// A field by its number; nil for one that the schema does not have, which is passed over.
    package func field(_ number: Int) -> Field? { Self.fields[self]?[number] }

    private static let typeFields: [Int: Field] = [1: .number, 2: .message(.shape)]

    private static let fields: [WireMessage: [Int: Field]] = [
        .model: [
            1: .number, 2: .bytes, 3: .bytes, 4: .bytes, 5: .number, 6: .bytes, 7: .message(.graph), 8: .message(.opset),
            14: .message(.entry), 20: .message(.training), 25: .message(.function), 26: .message(.deviceConfiguration),
        ],
        .graph: [
            1: .message(.node), 2: .name, 5: .message(.tensor), 10: .bytes, 11: .message(.valueInfo),
            12: .message(.valueInfo), 13: .message(.valueInfo), 14: .message(.annotation), 15: .message(.sparseTensor),
            16: .message(.entry),
        ],
        .node: [
            1: .name, 2: .name, 3: .name, 4: .name, 5: .message(.attribute), 6: .bytes, 7: .name, 8: .name,
            9: .message(.entry), 10: .message(.nodeDeviceConfiguration),
        ],
        .attribute: [
            1: .name, 2: .number, 3: .number, 4: .bytes, 5: .message(.tensor), 6: .message(.graph), 7: .fixedNumbers,
            8: .numbers(width: 8), 9: .bytes, 10: .message(.tensor), 11: .message(.graph), 13: .bytes, 14: .message(.type),
            15: .message(.type), 20: .number, 21: .name, 22: .message(.sparseTensor), 23: .message(.sparseTensor),
        ],
        .tensor: [
            1: .numbers(width: 8), 2: .number, 3: .message(.segment), 4: .fixedNumbers, 5: .numbers(width: 4), 6: .bytes,
            7: .numbers(width: 8), 8: .name, 9: .bytes, 10: .fixedNumbers, 11: .numbers(width: 8), 12: .bytes,
            13: .message(.entry), 14: .number, 16: .message(.entry),
        ],
        .sparseTensor: [1: .message(.tensor), 2: .message(.tensor), 3: .numbers(width: 8)],
        .valueInfo: [1: .name, 2: .message(.type), 3: .bytes, 4: .message(.entry)],
        .function: [
            1: .name, 4: .name, 5: .name, 6: .name, 7: .message(.node), 8: .bytes, 9: .message(.opset), 10: .name,
            11: .message(.attribute), 12: .message(.valueInfo), 13: .name, 14: .message(.entry),
        ],
        .training: [1: .message(.graph), 2: .message(.graph), 3: .message(.entry), 4: .message(.entry)],
        .annotation: [1: .name, 2: .message(.entry)],
        .entry: [1: .bytes, 2: .bytes],
        .opset: [1: .name, 2: .number],
        .type: [
            1: .message(.tensorType), 4: .message(.elementType), 5: .message(.mapType), 6: .bytes, 7: .message(.entry),
            8: .message(.tensorType), 9: .message(.elementType),
        ],
        .tensorType: Self.typeFields,
        .elementType: [1: .message(.type)],
        .mapType: [1: .number, 2: .message(.type)],
        .shape: [1: .message(.dimension)],
        .dimension: [1: .number, 2: .name, 3: .bytes],
        .deviceConfiguration: [1: .bytes, 2: .number, 3: .bytes],
        .nodeDeviceConfiguration: [1: .bytes, 2: .message(.sharding), 3: .number],
        .sharding: [
            1: .name, 2: .numbers(width: 8), 3: .message(.intListEntry), 4: .message(.shardedDimension),
        ],
        .shardedDimension: [1: .number, 2: .message(.simpleSharding)],
        .simpleSharding: [1: .number, 2: .bytes, 3: .number],
        .intListEntry: [1: .number, 2: .numbers(width: 8)],
        .segment: [1: .number, 2: .number],
    ]

    /// Bytes that a decoded message takes at least, without what its fields hold.
    var decodedByteCount: Int {
        switch self {
        case .model, .graph, .node, .attribute, .tensor, .sparseTensor, .function, .training: 384
        default: 96
        }
    }
}

/// Walks over the fields of a protobuf message without decoding them.
package struct WireCursor {
    /// One field as it stands in the bytes.
    package struct Field {
        package let number: Int
        package let wireType: UInt8
        /// Where the tag begins.
        package let start: Int
        /// The value; of a length-delimited field what comes after the length.
        package let value: Range<Int>
    }

    private let bytes: UnsafeRawBufferPointer
    private let end: Int
    package private(set) var position: Int

    /// - Parameter range: where the message's fields lie in `bytes`, which must outlive the cursor.
    package init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        self.bytes = bytes
        self.position = range.lowerBound
        self.end = range.upperBound
    }

    package var isAtEnd: Bool { self.position >= self.end }

    /// The next field; nil where the bytes are no field of this message. Groups, which ONNX never uses, are none.
    package mutating func next() -> Field? {
        let start = self.position
        guard let tag = self.varint(), tag >> 3 > 0, tag >> 3 < 1 << 29 else { return nil }
        let wireType = UInt8(tag & 7)
        var value = self.position
        let byteCount: Int
        switch wireType {
        case 0:
            guard self.varint() != nil else { return nil }
            byteCount = self.position - value
        case 1: byteCount = 8
        case 5: byteCount = 4
        case 2:
            guard let length = self.varint(), length <= UInt64(self.end - self.position) else { return nil }
            value = self.position
            byteCount = Int(length)
        default: return nil
        }
        guard byteCount <= self.end - value else { return nil }
        self.position = value + byteCount
        return Field(number: Int(tag >> 3), wireType: wireType, start: start, value: value..<self.position)
    }

    private mutating func varint() -> UInt64? {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard self.position < self.end else { return nil }
            let byte = self.bytes[self.position]
            self.position += 1
            result |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return result }
        }
        return nil
    }
}
