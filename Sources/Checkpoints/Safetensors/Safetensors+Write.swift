package import Graph

extension Safetensors {
    /// Writes `tensors` to `path`, replacing an earlier file at the end and in one step.
    ///
    /// The bytes depend on names, types, contents and metadata only: larger elements first, as the reference
    /// implementation does for alignment, then by name. Nothing is copied; the tensors are written from where they are.
    @discardableResult
    package static func write(
        _ tensors: [String: Tensor], metadata: [String: String] = ["format": "pt"], to path: String
    ) throws(CheckpointError) -> FileDigest {
        guard tensors["__metadata__"] == nil else {
            throw CheckpointError(.malformed, path, "a tensor cannot be called __metadata__")
        }
        let entries = self.ordered(tensors)
        let header = self.header(entries, metadata: metadata)
        guard header.count <= Self.longestHeader else {
            throw CheckpointError(.tooLarge, path, "the header would have \(header.count) bytes, the format allows 100 MB")
        }
        let dataSize = entries.reduce(0) { $0 + $1.tensor.type.byteCount }
        return try AtomicFile.write(to: path, byteCount: 8 + header.count + dataSize) { (writer) throws(CheckpointError) in
            try writer.write(withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) })
            try writer.write(header)
            for (_, tensor) in entries {
                defer { withExtendedLifetime(tensor.storage) {} }
                try writer.write(UnsafeRawBufferPointer(start: tensor.rawPointer, count: tensor.type.byteCount))
            }
        }
    }

    private static func ordered(_ tensors: [String: Tensor]) -> [(name: String, tensor: Tensor)] {
        tensors.map { (name: $0.key, tensor: $0.value) }.sorted { first, second in
            let ranks = (first.tensor.type.dataType.safetensorsRank, second.tensor.type.dataType.safetensorsRank)
            if ranks.0 != ranks.1 { return ranks.0 < ranks.1 }
            return first.name.utf8.lexicographicallyPrecedes(second.name.utf8)
        }
    }

    private static func header(_ entries: [(name: String, tensor: Tensor)], metadata: [String: String]) -> [UInt8] {
        var members: [JSONValue.Member] = []
        if !metadata.isEmpty {
            let sorted = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            members.append(.init("__metadata__", .object(sorted.map { .init($0.key, .string($0.value)) })))
        }
        var end = 0
        for (name, tensor) in entries {
            let begin = end
            end += tensor.type.byteCount
            guard let code = tensor.type.dataType.safetensors else {
                preconditionFailure("\(name): safetensors has no \(tensor.type.dataType.rawValue)")
            }
            let fields: [JSONValue.Member] = [
                .init("dtype", .string(code)),
                .init("shape", .array(tensor.shape.map { .integer($0) })),
                .init("data_offsets", .array([.integer(begin), .integer(end)])),
            ]
            members.append(.init(name, .object(fields)))
        }
        var header = Array(JSONValue.object(members).text.utf8)
        while !header.count.isMultiple(of: 8) { header.append(UInt8(ascii: " ")) }
        return header
    }
}

extension DataType {
    /// The place of the type in the file: never a larger element behind a smaller one.
    fileprivate var safetensorsRank: Int {
        switch self {
        case .int64, .uint64: 0
        case .float64: 1
        case .float32: 2
        case .int32, .uint32: 3
        case .bfloat16: 4
        case .float16: 5
        case .int16, .uint16: 6
        case .int8: 7
        case .uint8: 8
        case .bool: 9
        default: 10
        }
    }
}
