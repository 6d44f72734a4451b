import Foundation
import Synchronization

private let sharedFolders = Mutex<[URL]>([])

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

        /// - Parameter limits: what bash's `ulimit` is called with first, such as `-v 1000000`.
        init(_ program: String, _ arguments: [String], in folder: URL, limits: String? = nil) throws {
            self.folder = folder
            let output = folder.appendingPathComponent("stdout-\(UUID().uuidString)")
            let error = folder.appendingPathComponent("stderr-\(UUID().uuidString)")
            for file in [output, error] { try Data().write(to: file) }
            self.outputFile = output
            self.errorFile = error
            let path = Programs.root.appendingPathComponent(".build/release/\(program)")
            if let limits {
                self.process.executableURL = URL(fileURLWithPath: "/bin/bash")
                self.process.arguments = ["-c", "ulimit \(limits); exec \"$0\" \"$@\"", path.path] + arguments
            } else {
                self.process.executableURL = path
                self.process.arguments = arguments
            }
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

    static func run(_ program: String, _ arguments: [String], in folder: URL, limits: String? = nil) throws -> Outcome {
        try Running(program, arguments, in: folder, limits: limits).outcome()
    }

    /// A daemon that answers, or has ended.
    static func daemon(_ models: String, socket: String, in folder: URL, limits: String? = nil) throws -> Running {
        let daemon = try Running("drd", ["--socket", socket, "--models", models, "--threads", "2"], in: folder, limits: limits)
        let deadline = Date().addingTimeInterval(30)
        while daemon.process.isRunning, Date() < deadline,
            try run("dr", ["health", "--socket", socket], in: folder).status != 0
        { usleep(50_000) }
        return daemon
    }

    /// A fresh folder under a short path, for sockets have short names.
    static func temporaryFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dr-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// A fresh folder for the whole process, removed when it ends.
    static func sharedFolder() throws -> URL {
        let folder = try self.temporaryFolder()
        sharedFolders.withLock { folders in
            if folders.isEmpty {
                atexit { sharedFolders.withLock { $0.forEach { try? FileManager.default.removeItem(at: $0) } } }
            }
            folders.append(folder)
        }
        return folder
    }

    /// Overrides of a training run that takes seconds.
    static func smallRun(_ data: URL, epochs: Int) -> [String] {
        [
            "data.csv=\(data.path)/labels.csv", "data.images=\(data.path)/images", "image.size=[32,32]",
            "training.epochs=\(epochs)",
            "training.batch_size=8", "augmentation.horizontal_flip=0.5", "checkpoints.every_steps=1", "system.threads=2",
        ]
    }
}
