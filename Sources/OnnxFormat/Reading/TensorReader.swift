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
    private var expandedBytes = 0
    /// What was met that is not read.
    var unsupported = Unsupported()

    init(directory: consuming ModelDirectory, limits: OnnxLimits) {
        self.directory = directory
        self.limits = limits
    }

    /// - Parameters:
    ///   - subject: the tensor's name for errors.
    ///   - raw: where the tensor's raw data lies when it is not in the proto.
    /// - Returns: nil for an element type that is not read, which is noted.
    mutating func read(
        _ proto: Onnx_TensorProto, _ subject: String, raw: (file: TensorStorage, range: Range<Int>)? = nil
    ) throws(OnnxError) -> Tensor? {
        guard let dataType = DataType(onnxCode: Int(proto.dataType)) else {
            self.unsupported.add(.elementTypes, Unsupported.elementType(proto.dataType), at: subject)
            return nil
        }
        let type = try self.type(dataType, proto.dims, subject)
        guard !proto.hasSegment else { throw OnnxError(.unsupported, subject, "tensors in segments are not read") }
        let tensor: Tensor
        if let raw {
            tensor = try self.lifted(proto, type, raw.file, raw.range, subject)
        } else if proto.dataLocation == .external {
            tensor = try self.external(proto, type, subject)
        } else {
            guard proto.externalData.isEmpty else {
                throw OnnxError(.malformed, subject, "names external data but is not external")
            }
            try self.expand(by: type.byteCount - type.fileByteCount, subject)
            tensor = try proto.hasRawData ? Self.raw(proto, type, subject) : Self.typed(proto, type, subject)
        }
        // What reads a truth value may trust that it is one.
        guard dataType != .bool || tensor.array(of: UInt8.self).allSatisfy({ $0 <= 1 }) else {
            throw OnnxError(.malformed, subject, "a bool is neither 0 nor 1")
        }
        return tensor
    }

    /// A tensor's type within the limits.
    func type(_ dataType: DataType, _ dims: [Int64], _ subject: String) throws(OnnxError) -> TensorType {
        let type = TensorType(dataType, dims.map { Int($0) })
        try self.limits.check(type, subject)
        return type
    }

    /// Counts bytes that a tensor takes in memory and not in a file; at most each byte of the weight files once, and
    /// what the limits allow besides.
    mutating func expand(by byteCount: Int, _ subject: String) throws(OnnxError) {
        let most = self.limits.expandedBytes + self.files.reduce(0) { $0 + $1.storage.byteCount }
        guard byteCount <= most - self.expandedBytes else {
            throw OnnxError(.tooLarge, subject, "more than \(most) bytes once tensors are unpacked")
        }
        self.expandedBytes += byteCount
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
        if type.dataType.fileBitCount == 8 * type.dataType.byteCount, place.offset % type.dataType.byteCount == 0 {
            return Tensor(type, storage: storage, byteOffset: place.offset)
        }
        try self.expand(by: type.byteCount, subject)
        if type.dataType.fileBitCount < 8 { return unsafe Tensor(type, packed: storage.slice(place.offset, needed)) }
        let copy = Tensor(zeros: type)
        unsafe copy.withBytes { destination in
            unsafe destination.copyMemory(from: storage.slice(place.offset, needed))
        }
        return copy
    }

    /// A tensor whose raw data lies in the model file: a view of it where the elements are aligned.
    private mutating func lifted(
        _ proto: Onnx_TensorProto, _ type: TensorType, _ file: TensorStorage, _ range: Range<Int>, _ subject: String
    ) throws(OnnxError) -> Tensor {
        guard proto.dataLocation != .external, proto.externalData.isEmpty, proto.typedCount == 0, !proto.hasRawData else {
            throw OnnxError(.malformed, subject, "has its data in several places")
        }
        guard range.count == type.fileByteCount else {
            throw OnnxError(.malformed, subject, "\(type) needs \(type.fileByteCount) bytes, has \(range.count)")
        }
        if type.dataType.fileBitCount < 8 {
            try self.expand(by: type.byteCount - range.count, subject)
            return unsafe Tensor(type, packed: file.slice(range.lowerBound, range.count))
        }
        guard range.lowerBound % type.dataType.byteCount != 0 else {
            return Tensor(type, storage: file, byteOffset: range.lowerBound)
        }
        return Tensor(type, storage: TensorStorage(within: file, range))
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
