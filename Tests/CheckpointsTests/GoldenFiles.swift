import Checkpoints
import Foundation
import Graph
import Testing

/// The files that `Scripts/golden/checkpoints.py` made.
enum GoldenFiles {
    static func path(_ name: String) throws -> String {
        var directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        while directory.path != "/" {
            let candidate = directory.appendingPathComponent("Tests/Golden/checkpoints")
            if FileManager.default.fileExists(atPath: candidate.path) { return candidate.appendingPathComponent(name).path }
            directory.deleteLastPathComponent()
        }
        throw CheckpointError(.notFound, "Tests/Golden/checkpoints", "run Scripts/golden/checkpoints.py")
    }

    static func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: self.path(name)))) }

    /// Type, shape and bytes in hexadecimal of every tensor that Python put into `file`.
    static func expected(_ file: String) throws -> [String: Described] {
        struct Expected: Decodable { let files: [String: [String: Described]] }
        let data = try Data(contentsOf: URL(fileURLWithPath: self.path("expected.json")))
        return try #require(try JSONDecoder().decode(Expected.self, from: data).files[file])
    }
}

struct Described: Decodable, Hashable {
    let type: String
    let shape: [Int]
    let bytes: String

    init(_ tensor: Tensor) {
        self.type = tensor.type.dataType.rawValue
        self.shape = tensor.shape
        let buffer = UnsafeRawBufferPointer(start: tensor.rawPointer, count: tensor.type.byteCount)
        self.bytes = buffer.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        withExtendedLifetime(tensor.storage) {}
    }
}

/// A directory of its own for one test, removed at the end.
final class TemporaryDirectory {
    let path: String

    init() throws {
        self.path = FileManager.default.temporaryDirectory.appendingPathComponent("checkpoints-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: self.path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: self.path) }

    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: self.path).sorted()) ?? [] }

    func write(_ bytes: [UInt8], _ name: String) throws -> String {
        let path = "\(self.path)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }
}

/// The error that `body` throws; nil when it throws none.
func checkpointError(_ body: () throws -> Void) -> CheckpointError? {
    do {
        try body()
        return nil
    } catch {
        return error as? CheckpointError
    }
}

/// Repeatable bytes (splitmix64).
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var z = self.state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
