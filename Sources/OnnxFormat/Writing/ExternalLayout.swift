import Graph

/// Where the large tensors of a model lie in its data file.
struct ExternalLayout {
    /// Tensors of at least so many bytes go to the data file, unless their elements share bytes.
    static let smallest = 1024
    /// A page: a tensor can be mapped on its own.
    static let alignment = 4096

    let location: String
    private(set) var tensors: [(offset: Int, tensor: Tensor)] = []
    private(set) var byteCount = 0

    init(location: String) {
        self.location = location
    }

    /// The proto of an initializer: its bytes, or the place in the data file that it was given.
    mutating func proto(_ name: String, _ tensor: Tensor) -> Onnx_TensorProto {
        var proto = TensorWriter.proto(tensor.type, name)
        guard tensor.type.byteCount >= Self.smallest, tensor.type.dataType.fileBitCount >= 8 else {
            TensorWriter.fill(&proto, tensor)
            return proto
        }
        let offset = (self.byteCount + Self.alignment - 1) / Self.alignment * Self.alignment
        self.tensors.append((offset, tensor))
        self.byteCount = offset + tensor.type.byteCount
        proto.dataLocation = .external
        proto.externalData = [
            Self.entry("location", self.location), Self.entry("offset", String(offset)),
            Self.entry("length", String(tensor.type.byteCount)),
        ]
        return proto
    }

    /// Writes the data file front to back, gaps as zeros.
    func write(to file: inout NewFile) throws(OnnxError) {
        let zeros = [UInt8](repeating: 0, count: Self.alignment)
        var position = 0
        for (offset, tensor) in self.tensors {
            try file.write(zeros.prefix(offset - position))
            try file.write(tensor)
            position = offset + tensor.type.byteCount
        }
    }

    static func entry(_ key: String, _ value: String) -> Onnx_StringStringEntryProto {
        var entry = Onnx_StringStringEntryProto()
        entry.key = key
        entry.value = value
        return entry
    }
}
