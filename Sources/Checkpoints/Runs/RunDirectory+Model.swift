package import Graph
import Foundation

/// The files of a run besides configuration and checkpoints.
package enum RunFile {
    /// How the network is built again.
    package static let recipe = "model.json"
    /// What its outputs mean and how its inputs are made.
    package static let task = "task.json"
    /// The label table with the part of each picture.
    package static let split = "split.csv"
    /// One line for each epoch.
    package static let results = "results.csv"
    /// Weights that no step changes, once for all checkpoints, and their length and SHA-256.
    static let base = "base.safetensors"
    static let baseDigest = "base.json"
}

extension RunDirectory {
    /// The value as JSON with sorted keys, as the run's files have it.
    package static func json(_ value: some Encodable, file: String) throws(CheckpointError) -> [UInt8] {
        try encodeJSON(value, file: file)
    }

    /// A JSON file of the run.
    package func value<Value: Decodable>(_ type: Value.Type, in file: String) throws(CheckpointError) -> Value {
        let path = "\(self.path)/\(file)"
        return try decodeJSON(type, AtomicFile.read(path), file: path)
    }

    /// Writes the weights that no step will change; once, before the first checkpoint.
    package func writeBase(_ tensors: [String: Tensor]) throws(CheckpointError) {
        let digest = try Safetensors.write(tensors, to: "\(self.path)/\(RunFile.base)")
        try AtomicFile.write(encodeJSON(digest, file: RunFile.baseDigest), to: "\(self.path)/\(RunFile.baseDigest)")
    }

    /// The frozen weights, verified; empty when the run has none.
    package func readBase() throws(CheckpointError) -> [String: Tensor] {
        let digestPath = "\(self.path)/\(RunFile.baseDigest)"
        guard FileManager.default.fileExists(atPath: digestPath) else { return [:] }
        let expected = try self.value(FileDigest.self, in: RunFile.baseDigest)
        let file = try MappedFile("\(self.path)/\(RunFile.base)")
        try verify(file.digest(), expected, file: file.path, advice: "restore it from a copy, or start a new run")
        return try Safetensors.read(file).tensors
    }

    /// Every weight of a checkpoint, the frozen ones included.
    package func weights(of name: CheckpointName) throws(CheckpointError) -> [String: Tensor] {
        struct Anything: Decodable {}
        let checkpoint = try self.load(name, state: Anything.self, withOptimizer: false)
        return try self.readBase().merging(checkpoint.weights) { $1 }
    }
}
