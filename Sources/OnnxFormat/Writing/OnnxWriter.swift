package import Graph
import SwiftProtobuf

/// Writes graphs as ONNX files.
package enum OnnxWriter {
    /// What was written.
    package struct Result: Sendable, Hashable {
        package let modelPath: String
        package let modelByteCount: Int
        /// Nil when every tensor is small enough for the model file.
        package let dataPath: String?
        package let dataByteCount: Int
    }

    /// Writes `graph` as `directory/name`, its tensors from 1 KiB on as `directory/name.data`, each on a page of its own.
    ///
    /// Equal arguments give equal bytes. Both files are complete on the disk before either appears under its name; files
    /// of these names are replaced, links are not followed.
    ///
    /// - Parameters:
    ///   - symbolicBatch: a name for axis 0 of every input and output, which then may have any size; the graph is
    ///     checked with another batch size first.
    ///   - weights: tensors of the graph's parameters by name; parameters that nothing reads are left out.
    package static func write(
        graph: Graph, opset: Int = 17, symbolicBatch: String? = nil, metadata: [String: String] = [:],
        weights: [String: Tensor] = [:], to directory: String, name: String = "model.onnx"
    ) throws(OnnxError) -> Result {
        guard OnnxVersion.writtenOpsets.contains(opset) else {
            throw OnnxError(
                .unsupportedOpset, name,
                "opset \(opset); \(OnnxVersion.writtenOpsets.lowerBound) to \(OnnxVersion.writtenOpsets.upperBound) can be written"
            )
        }
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "/") })
        else {
            throw OnnxError(.cannotWrite, name, "a model's name is a plain file name")
        }
        guard graph.updates.isEmpty else { throw OnnxError(.notExportable, name, "a training graph cannot be written") }
        let lowered = try graph.lowered(opset: opset)
        if symbolicBatch != nil { try lowered.checkAnyBatch() }
        var builder = try ModelBuilder(
            lowered, opset: opset, batch: symbolicBatch, weights: weights, location: "\(name).data")
        let graphName = name.hasSuffix(".onnx") ? String(name.dropLast(5)) : name
        let model = try builder.build(name: graphName, metadata: metadata)
        return try self.publish(try self.bytes(model, name), builder.layout, "\(directory)/\(name)")
    }

    private static func bytes(_ model: Onnx_ModelProto, _ name: String) throws(OnnxError) -> [UInt8] {
        do {
            return try model.serializedBytes()
        } catch {
            throw OnnxError(.tooLarge, name, "the model file would reach 2 GiB")
        }
    }

    private static func publish(_ bytes: [UInt8], _ layout: ExternalLayout, _ path: String) throws(OnnxError) -> Result {
        var file = try NewFile(path)
        try file.write(bytes)
        try file.synchronise()
        let directory = splitPath(path).directory
        guard !layout.tensors.isEmpty else {
            try file.publish()
            try NewFile.synchroniseDirectory(directory)
            return Result(modelPath: path, modelByteCount: bytes.count, dataPath: nil, dataByteCount: 0)
        }
        let dataPath = "\(directory)/\(layout.location)"
        var data = try NewFile(dataPath)
        try layout.write(to: &data)
        try data.synchronise()
        try data.publish()
        try file.publish()
        try NewFile.synchroniseDirectory(directory)
        return Result(
            modelPath: path, modelByteCount: bytes.count, dataPath: dataPath, dataByteCount: layout.byteCount)
    }
}

extension Graph {
    /// Throws when the graph only works for the batch size that it was built with.
    fileprivate func checkAnyBatch() throws(OnnxError) {
        var types: [String: TensorType] = [:]
        for id in self.inputs {
            let value = self[id]
            guard let batch = value.type.shape.first else {
                throw OnnxError(.notExportable, value.name, "a scalar input has no batch axis")
            }
            types[value.name] = TensorType(value.type.dataType, [batch + 1] + value.type.shape.dropFirst())
        }
        let other: Graph
        do throws(GraphError) {
            other = try self.retyped(types)
        } catch {
            throw OnnxError(.notExportable, error.subject, "does not work for every batch size: \(error.message)")
        }
        for (output, changed) in zip(self.outputs, other.outputs) {
            let shape = self[output.value].type.shape
            guard let batch = shape.first, other[changed.value].type.shape == [batch + 1] + shape.dropFirst() else {
                throw OnnxError(.notExportable, output.name, "its axis 0 (\(shape)) is not the batch axis")
            }
        }
    }
}
