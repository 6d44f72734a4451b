import Foundation
import Testing

/// A run of one epoch and its package, made once; tests spoil copies.
struct TrainedModel {
    /// Holds `data`, `run` and `models/demo/1`.
    let folder: URL

    private static let original = Result {
        let folder = try Programs.sharedFolder()
        let sample = try Programs.run(
            "dr-train", ["sample", folder.path + "/data", "--images", "20", "--size", "64"], in: folder)
        try #require(sample.status == 0, "\(sample.error)")
        let overrides = Programs.smallRun(folder.appendingPathComponent("data"), epochs: 1)
        let fit = try Programs.run("dr-train", ["fit", "--output", folder.path + "/run"] + overrides, in: folder)
        try #require(fit.status == 0, "\(fit.error)")
        let export = try Programs.run(
            "dr-export", [folder.path + "/run", "--output", folder.path + "/models/demo/1"], in: folder)
        try #require(export.status == 0, "\(export.error)")
        return folder
    }

    /// Runs `body` on a copy, which is removed afterwards.
    static func with(_ body: (TrainedModel) throws -> Void) throws {
        let original = try self.original.get()
        let folder = try Programs.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["data", "run", "models"] {
            try FileManager.default.copyItem(at: original.appendingPathComponent(name), to: folder.appendingPathComponent(name))
        }
        try body(TrainedModel(folder: folder))
    }

    func path(_ name: String) -> String { self.folder.appendingPathComponent(name).path }

    func run(_ program: String, _ arguments: [String], limits: String? = nil) throws -> Programs.Outcome {
        try Programs.run(program, arguments, in: self.folder, limits: limits)
    }

    /// Changes one bit in the middle of a file.
    func flipBit(in name: String) throws {
        let file = self.folder.appendingPathComponent(name)
        var bytes = try Data(contentsOf: file)
        bytes[bytes.count / 2] ^= 0x10
        try bytes.write(to: file)
    }

    /// Takes the last bytes from a file.
    func cut(_ name: String) throws {
        let file = self.folder.appendingPathComponent(name)
        try Data(contentsOf: file).dropLast(7).write(to: file)
    }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: self.path(name)) }

    /// Names in a directory, hidden ones too.
    func names(in directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: self.path(directory)).sorted()
    }
}
