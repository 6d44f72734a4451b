package import Graph

/// The safetensors container: a JSON header and one buffer of little-endian row-major tensors.
///
/// Header: 64-bit little-endian length, then `{name: {dtype, shape, data_offsets: [begin, end]}, "__metadata__": {…}}`;
/// offsets count from the end of the header. Tensors cover the buffer without gaps and without overlap.
package enum Safetensors {
    /// What a file holds.
    package struct Contents: Sendable {
        package let tensors: [String: Tensor]
        package let metadata: [String: String]
    }

    /// The longest header that is read: 100 MB, as in the reference implementation.
    static let longestHeader = 100_000_000

    /// Maps `path`; the tensors view the mapping, but for those whose offset does not suit their element type.
    package static func read(_ path: String) throws(CheckpointError) -> Contents {
        try self.read(MappedFile(path))
    }

    /// Reads a file that is mapped already.
    package static func read(_ file: MappedFile) throws(CheckpointError) -> Contents {
        try file.withBytes { (bytes) throws(CheckpointError) in
            var reader = ByteReader(bytes, file: file.path)
            let length = try reader.next(UInt64.self, "the header length")
            guard length <= UInt64(Self.longestHeader) else {
                throw CheckpointError(.malformed, file.path, "a header of \(length) bytes; this is no safetensors file")
            }
            let text = try reader.take(Int(length), "the header")
            guard text.first == UInt8(ascii: "{") else {
                throw CheckpointError(.malformed, file.path, "the header does not begin with {; this is no safetensors file")
            }
            guard case .object(let members) = try JSONParser.parse(text, file: file.path) else {
                throw CheckpointError(.malformed, file.path, "the header is not a JSON object")
            }
            return try self.contents(members, bufferStart: reader.position, of: file)
        }
    }

    private static func contents(
        _ members: [JSONValue.Member], bufferStart: Int, of file: MappedFile
    ) throws(CheckpointError) -> Contents {
        var metadata: [String: String] = [:]
        var entries: [Entry] = []
        for member in members {
            if member.name == "__metadata__" {
                metadata = try self.metadata(member.value, file: file.path)
            } else {
                entries.append(try Entry(member, file: file.path))
            }
        }
        try self.checkCoverage(entries, bufferSize: file.byteCount - bufferStart, file: file.path)
        var tensors: [String: Tensor] = [:]
        tensors.reserveCapacity(entries.count)
        for entry in entries {
            tensors[entry.name] = tensor(entry.type, in: file.storage, at: bufferStart + entry.begin)
        }
        return Contents(tensors: tensors, metadata: metadata)
    }

    private static func metadata(_ value: JSONValue, file: String) throws(CheckpointError) -> [String: String] {
        guard case .object(let members) = value else {
            throw CheckpointError(.malformed, file, "__metadata__ is not an object")
        }
        var metadata: [String: String] = [:]
        for member in members {
            guard case .string(let text) = member.value else {
                throw CheckpointError(.malformed, file, "__metadata__.\(member.name) is not a string")
            }
            metadata[member.name] = text
        }
        return metadata
    }

    /// Checks that the tensors lie one after the other and end where the file ends.
    private static func checkCoverage(_ entries: [Entry], bufferSize: Int, file: String) throws(CheckpointError) {
        var end = 0
        for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
            guard entry.end <= bufferSize else {
                let message = "tensor \(entry.name) ends at byte \(entry.end) of a buffer of \(bufferSize); the file is cut short"
                throw CheckpointError(.truncated, file, message)
            }
            guard entry.begin == end else {
                let what = entry.begin < end ? "overlaps another tensor" : "leaves a gap before it"
                throw CheckpointError(.malformed, file, "tensor \(entry.name) \(what)")
            }
            end = entry.end
        }
        guard end == bufferSize else {
            throw CheckpointError(.malformed, file, "\(bufferSize - end) bytes follow the last tensor")
        }
    }
}

/// One tensor of a header, checked against its own fields.
private struct Entry {
    let name: String
    let type: TensorType
    let begin: Int
    let end: Int

    init(_ member: JSONValue.Member, file: String) throws(CheckpointError) {
        func malformed(_ message: String) -> CheckpointError {
            CheckpointError(.malformed, file, "tensor \(member.name): \(message)")
        }
        guard case .string(let code)? = member.value["dtype"] else { throw malformed("no dtype") }
        guard let dataType = DataType(safetensors: code) else {
            throw CheckpointError(.unsupported, file, "tensor \(member.name) has the data type \(code), which is not known here")
        }
        guard case .array(let sizes)? = member.value["shape"], let shape = integers(sizes) else {
            throw malformed("no shape of whole numbers")
        }
        guard case .array(let ends)? = member.value["data_offsets"], let offsets = integers(ends), offsets.count == 2 else {
            throw malformed("no data_offsets [begin, end]")
        }
        guard offsets[0] >= 0, offsets[0] <= offsets[1] else { throw malformed("data_offsets \(offsets) run backwards") }
        guard let count = TensorType.checkedElementCount(shape, byteCount: dataType.byteCount) else {
            throw malformed("the shape \(shape) is impossible")
        }
        guard count * dataType.byteCount == offsets[1] - offsets[0] else {
            throw malformed("\(offsets[1] - offsets[0]) bytes for \(TensorType(dataType, shape))")
        }
        self.name = member.name
        self.type = TensorType(dataType, shape)
        self.begin = offsets[0]
        self.end = offsets[1]
    }
}

private func integers(_ values: [JSONValue]) -> [Int]? {
    var integers: [Int] = []
    for value in values {
        guard case .integer(let integer) = value else { return nil }
        integers.append(integer)
    }
    return integers
}

/// A view of `storage`, or a copy where `offset` does not suit the element type. The caller has checked the range.
func tensor(_ type: TensorType, in storage: TensorStorage, at offset: Int) -> Tensor {
    if offset.isMultiple(of: type.dataType.byteCount) { return Tensor(type, storage: storage, byteOffset: offset) }
    let copy = TensorStorage(byteCount: type.byteCount)
    copy.bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage.bytes[offset..<offset + type.byteCount]))
    return Tensor(type, storage: copy)
}

extension DataType {
    /// The type that a safetensors header calls `code`.
    init?(safetensors code: String) {
        guard let type = Self.allCases.first(where: { $0.safetensors == code }) else { return nil }
        self = type
    }

    /// The name in a safetensors header; nil where the format has none.
    var safetensors: String? {
        switch self {
        case .float32: "F32"
        case .float64: "F64"
        case .float16: "F16"
        case .bfloat16: "BF16"
        case .int64: "I64"
        case .int32: "I32"
        case .int16: "I16"
        case .int8: "I8"
        case .uint8: "U8"
        case .uint64: "U64"
        case .uint32: "U32"
        case .uint16: "U16"
        case .float8e4m3fn: "F8_E4M3"
        case .float8e5m2: "F8_E5M2"
        case .float8e8m0: "F8_E8M0"
        case .bool: "BOOL"
        case .float8e4m3fnuz, .float8e5m2fnuz, .float4e2m1, .int4, .int2, .uint4, .uint2: nil
        }
    }
}
