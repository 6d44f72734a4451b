import Foundation

/// The built programs, run as a user runs them.
enum Programs {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    struct Outcome {
        let status: Int32
        let output: String
        let error: String
    }

    /// A process that was started, with files for what it prints.
    final class Running {
        let process = Process()
        private let folder: URL

        init(_ program: String, _ arguments: [String], in folder: URL) throws {
            self.folder = folder
            let output = folder.appendingPathComponent("stdout-\(UUID().uuidString)")
            let error = folder.appendingPathComponent("stderr-\(UUID().uuidString)")
            for file in [output, error] { try Data().write(to: file) }
            self.outputFile = output
            self.errorFile = error
            self.process.executableURL = Programs.root.appendingPathComponent(".build/release/\(program)")
            self.process.arguments = arguments
            self.process.standardOutput = try FileHandle(forWritingTo: output)
            self.process.standardError = try FileHandle(forWritingTo: error)
            try self.process.run()
        }

        private let outputFile: URL
        private let errorFile: URL

        /// Waits for the end.
        func outcome() -> Outcome {
            self.process.waitUntilExit()
            func text(_ file: URL) -> String { (try? String(contentsOf: file, encoding: .utf8)) ?? "" }
            return Outcome(status: self.process.terminationStatus, output: text(self.outputFile), error: text(self.errorFile))
        }

        func kill() {
            Foundation.kill(self.process.processIdentifier, SIGKILL)
            self.process.waitUntilExit()
        }
    }

    static func run(_ program: String, _ arguments: [String], in folder: URL) throws -> Outcome {
        try Running(program, arguments, in: folder).outcome()
    }

    /// A fresh folder under a short path, for sockets have short names.
    static func temporaryFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dr-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// Overrides of a training run that takes seconds.
    static func smallRun(_ data: URL, epochs: Int) -> [String] {
        [
            "data.csv=\(data.path)/labels.csv", "data.images=\(data.path)/images", "image.size=[32,32]", "training.epochs=\(epochs)",
            "training.batch_size=8", "augmentation.horizontal_flip=0.5", "checkpoints.every_steps=1", "system.threads=2",
        ]
    }
}
