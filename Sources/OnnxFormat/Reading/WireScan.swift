/// Counts what decoding a message would make, before anything is decoded.
///
/// A few bytes of protobuf can stand for much: an empty message takes two, a number in a packed list one. The scan
/// follows the schema with a stack of its own and allocates nothing else.
struct WireScan {
    private struct Frame {
        let message: WireMessage
        var cursor: WireCursor
        /// Packed lists so far; the decoder makes room for each anew.
        var packedLists = 0
    }

    /// Encoders write one packed list of each field.
    private static let mostPackedLists = 64

    private let bytes: UnsafeRawBufferPointer
    private let limits: OnnxLimits
    private let subject: String
    private var nodes = 0
    private var attributes = 0
    private var tensors = 0
    private var names = 0
    private var expandedBytes = 0

    /// - Parameter subject: the file, for errors.
    init(_ bytes: UnsafeRawBufferPointer, limits: OnnxLimits, _ subject: String) {
        self.bytes = bytes
        self.limits = limits
        self.subject = subject
    }

    /// Throws when the bytes are no message of this kind or ask for more than the limits.
    mutating func check(_ root: WireMessage) throws(OnnxError) {
        var stack = [Frame(message: root, cursor: WireCursor(self.bytes, 0..<self.bytes.count))]
        while let index = stack.indices.last {
            guard !stack[index].cursor.isAtEnd else {
                stack.removeLast()
                continue
            }
            guard let field = stack[index].cursor.next() else {
                throw OnnxError(.malformed, self.subject, "the bytes are no ONNX \(root) (or the file is cut short)")
            }
            switch stack[index].message.field(field.number) {
            case .message(let inner) where field.wireType == 2:
                guard stack.count < self.limits.depth else {
                    throw self.tooMany("messages within messages", self.limits.depth)
                }
                try self.count(inner)
                stack.append(Frame(message: inner, cursor: WireCursor(self.bytes, field.value)))
            case .name where field.wireType == 2:
                guard field.value.count <= self.limits.nameBytes else {
                    throw self.tooMany("bytes in a name", self.limits.nameBytes)
                }
                try self.add(1, to: \.names, self.limits.names, "names")
                try self.expand(32)
            case .bytes where field.wireType == 2: try self.expand(32)
            case .numbers(let width) where field.wireType == 2:
                try self.countList(&stack[index])
                // Each varint ends with a byte below 128.
                try self.expand(max(self.bytes[field.value].count { $0 < 0x80 } * width - field.value.count, 0))
            case .fixedNumbers where field.wireType == 2: try self.countList(&stack[index])
            case .numbers, .fixedNumbers: try self.expand(8)
            case .message, .name, .bytes, .number, nil: break
            }
        }
    }

    private mutating func count(_ message: WireMessage) throws(OnnxError) {
        switch message {
        case .node: try self.add(1, to: \.nodes, self.limits.nodes, "nodes")
        case .attribute: try self.add(1, to: \.attributes, self.limits.attributes, "attributes")
        case .tensor: try self.add(1, to: \.tensors, self.limits.tensors, "tensors")
        default: break
        }
        try self.expand(message.decodedByteCount)
    }

    private mutating func add(
        _ count: Int, to counter: WritableKeyPath<WireScan, Int>, _ limit: Int, _ what: String
    ) throws(OnnxError) {
        self[keyPath: counter] += count
        guard self[keyPath: counter] <= limit else { throw self.tooMany(what, limit) }
    }

    private func countList(_ frame: inout Frame) throws(OnnxError) {
        frame.packedLists += 1
        guard frame.packedLists <= Self.mostPackedLists else {
            throw self.tooMany("packed lists in a message", Self.mostPackedLists)
        }
    }

    private mutating func expand(_ byteCount: Int) throws(OnnxError) {
        try self.add(byteCount, to: \.expandedBytes, self.limits.expandedBytes, "bytes beyond its own once the file is decoded")
    }

    private func tooMany(_ what: String, _ limit: Int) -> OnnxError {
        OnnxError(.tooLarge, self.subject, "more than \(limit) \(what)")
    }
}
