package import Graph
import SwiftProtobuf

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Reads ONNX files from places that nobody vouches for.
package enum OnnxFile {
    /// Reads a model and maps its weights; nothing is copied but weights inside the model file that lie there unaligned.
    ///
    /// The file's directory is the root for external data: weight files are opened below it, component by component
    /// and without following links, and must be regular files with one name. A weight file that another program cuts
    /// short while it is mapped is beyond help.
    package static func read(_ path: String, limits: OnnxLimits = OnnxLimits()) throws(OnnxError) -> OnnxModel {
        let (directoryPath, name) = splitPath(path)
        let directory = try ModelDirectory(directoryPath)
        let contents = try directory.mapModel(name, limit: limits.modelBytes)
        let file = OnnxModel.File(path: name, contents: contents)
        try self.check(contents, .model, path, limits)
        let lifted = unsafe LiftedWeights(UnsafeRawBufferPointer(contents.bytes))
        let proto: Onnx_ModelProto = try self.decode(Data(lifted.rest), .model, path, limits)
        return try ModelReader(proto, lifted.ranges, path: path, limits: limits).read(directory: directory, model: file)
    }

    /// Reads one tensor from a file of its own (`TensorProto`), as ONNX's test suites keep them. External data is refused.
    package static func tensor(
        _ path: String, limits: OnnxLimits = OnnxLimits()
    ) throws(OnnxError) -> (name: String, tensor: Tensor) {
        let (directoryPath, name) = splitPath(path)
        let directory = try ModelDirectory(directoryPath)
        let contents = try directory.mapModel(name, limit: limits.modelBytes)
        return try self.tensor(contents, directory, path, limits)
    }

    /// Reads one tensor from its bytes (`TensorProto`). External data is refused.
    /// - Parameter path: where they are from.
    package static func tensor(
        _ bytes: [UInt8], of path: String, limits: OnnxLimits = OnnxLimits()
    ) throws(OnnxError) -> (name: String, tensor: Tensor) {
        let contents = TensorStorage(byteCount: bytes.count)
        unsafe bytes.withUnsafeBytes { unsafe contents.bytes.copyMemory(from: $0) }
        return try self.tensor(contents, try ModelDirectory(splitPath(path).0), path, limits)
    }

    private static func tensor(
        _ contents: TensorStorage, _ directory: consuming ModelDirectory, _ path: String, _ limits: OnnxLimits
    ) throws(OnnxError) -> (name: String, tensor: Tensor) {
        try self.check(contents, .tensor, path, limits)
        let proto: Onnx_TensorProto = try self.decode(
            unsafe Data(contents.slice(0, contents.byteCount)), .tensor, path, limits)
        guard proto.dataLocation != .external else {
            throw OnnxError(.externalData, path, "a tensor of its own has no data file")
        }
        var reader = TensorReader(directory: directory, limits: limits)
        guard let tensor = try reader.read(proto, proto.name) else {
            throw reader.unsupported.error(path) ?? OnnxError(.unsupported, path, "the tensor is not read")
        }
        return (proto.name, tensor)
    }

    private static func check(
        _ contents: TensorStorage, _ kind: WireMessage, _ path: String, _ limits: OnnxLimits
    ) throws(OnnxError) {
        defer { withExtendedLifetime(contents) {} }
        var scan = unsafe WireScan(UnsafeRawBufferPointer(contents.bytes), limits: limits, path)
        try scan.check(kind)
    }

    private static func decode<Proto: SwiftProtobuf.Message>(
        _ data: Data, _ kind: WireMessage, _ path: String, _ limits: OnnxLimits
    ) throws(OnnxError) -> Proto {
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        options.messageDepthLimit = limits.depth + 1
        do {
            return try Proto(serializedBytes: data, options: options)
        } catch {
            throw OnnxError(.malformed, path, "the bytes are no ONNX \(kind) (or the file is cut short)")
        }
    }
}
