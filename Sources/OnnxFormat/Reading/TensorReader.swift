import Graph
import SwiftProtobuf

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Turns `TensorProto`s into tensors and opens the weight files that they name, each once.
struct TensorReader: ~Copyable {
    private let directory: ModelDirectory
    private let limits: OnnxLimits
    /// The mapped weight files by location, in the order of their first use.
    private(set) var files: [(location: String, storage: TensorStorage)] = []
    private var index: [String: TensorStorage] = [:]

    init(directory: consuming ModelDirectory, limits: OnnxLimits) {
        self.directory = directory
        self.limits = limits
    }

    /// - Parameter subject: the tensor's name for errors.
    mutating func read(_ proto: Onnx_TensorProto, _ subject: String) throws(OnnxError) -> Tensor {
        let type = try self.type(of: proto, subject)
        guard !proto.hasSegment else { throw OnnxError(.unsupported, subject, "tensors in segments are not read") }
        if proto.dataLocation == .external { return try self.external(proto, type, subject) }
        guard proto.externalData.isEmpty else {
            throw OnnxError(.malformed, subject, "names external data but is not external")
        }
        return proto.hasRawData ? try Self.raw(proto, type, subject) : try Self.typed(proto, type, subject)
    }

    private func type(of proto: Onnx_TensorProto, _ subject: String) throws(OnnxError) -> TensorType {
        guard let dataType = DataType(onnxCode: Int(proto.dataType)) else {
            throw OnnxError(.unsupported, subject, "element type \(proto.dataType) is not read")
        }
        guard proto.dims.count <= self.limits.rank else {
            throw OnnxError(.tooLarge, subject, "\(proto.dims.count) axes, at most \(self.limits.rank) are read")
        }
        let type = TensorType(dataType, proto.dims.map { Int($0) })
        try self.limits.check(type, subject)
        return type
    }

    private mutating func external(
        _ proto: Onnx_TensorProto, _ type: TensorType, _ subject: String
    ) throws(OnnxError) -> Tensor {
        guard !proto.hasRawData, proto.typedCount == 0 else {
            throw OnnxError(.malformed, subject, "has data inside and outside the model")
        }
        let place = try ExternalPlace(proto.externalData, tensor: subject)
        let storage = try self.storage(at: place.location, tensor: subject)
        let size = storage.byteCount
        let needed = type.fileByteCount
        if let length = place.length, length != needed {
            throw OnnxError(.externalData, subject, "\(type) needs \(needed) bytes, length says \(length)")
        }
        guard place.offset <= size, needed <= size - place.offset else {
            throw OnnxError(
                .externalData, subject,
                "\(needed) bytes at \(place.offset) are beyond the \(size) bytes of \(place.location)")
        }
        if type.dataType.fileBitCount < 8 { return unsafe Tensor(type, packed: storage.slice(place.offset, needed)) }
        if place.offset % type.dataType.byteCount == 0 {
            return Tensor(type, storage: storage, byteOffset: place.offset)
        }
        let copy = Tensor(zeros: type)
        unsafe copy.withBytes { destination in
            unsafe destination.copyMemory(from: storage.slice(place.offset, needed))
        }
        return copy
    }

    private mutating func storage(at location: String, tensor: String) throws(OnnxError) -> TensorStorage {
        if let known = self.index[location] { return known }
        let storage = try self.directory.mapExternal(location, tensor: tensor)
        self.index[location] = storage
        self.files.append((location, storage))
        return storage
    }

    private static func raw(_ proto: Onnx_TensorProto, _ type: TensorType, _ subject: String) throws(OnnxError) -> Tensor {
        guard proto.typedCount == 0 else { throw OnnxError(.malformed, subject, "has raw and typed data") }
        guard proto.rawData.count == type.fileByteCount else {
            throw OnnxError(.malformed, subject, "\(type) needs \(type.fileByteCount) bytes, has \(proto.rawData.count)")
        }
        if type.dataType.fileBitCount < 8 {
            return unsafe proto.rawData.withUnsafeBytes { unsafe Tensor(type, packed: $0) }
        }
        let tensor = Tensor(zeros: type)
        unsafe tensor.withBytes { destination in
            unsafe proto.rawData.withUnsafeBytes { unsafe destination.copyMemory(from: $0) }
        }
        return tensor
    }
}

/// Where the bytes of an external tensor lie.
struct ExternalPlace {
    var location = ""
    var offset = 0
    /// Nil when the file does not say.
    var length: Int?

    /// Accepts `location`, `offset`, `length` and `checksum`, each at most once; the checksum is not looked at, the
    /// serving side compares whole files with the model card.
    init(_ entries: [Onnx_StringStringEntryProto], tensor: String) throws(OnnxError) {
        var seen: Set<String> = []
        for entry in entries {
            guard ["location", "offset", "length", "checksum"].contains(entry.key) else {
                throw OnnxError(.externalData, tensor, "unknown key in external data")
            }
            guard seen.insert(entry.key).inserted else {
                throw OnnxError(.externalData, tensor, "\(entry.key) is given twice")
            }
            switch entry.key {
            case "location": self.location = entry.value
            case "offset": self.offset = try Self.number(entry, tensor)
            case "length": self.length = try Self.number(entry, tensor)
            default: break
            }
        }
        guard seen.contains("location") else { throw OnnxError(.externalData, tensor, "location is absent") }
    }

    private static func number(_ entry: Onnx_StringStringEntryProto, _ tensor: String) throws(OnnxError) -> Int {
        let text = entry.value.utf8
        guard !text.isEmpty, text.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
            let number = Int(entry.value)
        else { throw OnnxError(.externalData, tensor, "\(entry.key) is not a whole number that can be a file position") }
        return number
    }
}
