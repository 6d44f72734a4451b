import Foundation
import TestSupport
import Testing

/// The daemon under a memory limit, fed with pictures that broke other decoders.
@Suite struct MalformedPicturesTests {
    /// Files of the folder of real data, nil where it is absent.
    private static let files: [URL]? = {
        guard let folder = sharedData("malformed_images"),
            let names = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey])
        else { return nil }
        let files = names.compactMap { $0 as? URL }.filter { file in
            let isFile = (try? file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) ?? false
            return isFile && file.deletingLastPathComponent().lastPathComponent != "malformed_images"
        }
        return files.isEmpty ? nil : files.sorted { $0.path < $1.path }
    }()

    @Test func everyFileIsScreenedOrRefusedUnderAMemoryLimit() throws {
        guard let files = Self.files else { return }
        try TrainedModel.with { model in
            let folder = model.folder.appendingPathComponent("malformed")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for (index, file) in files.enumerated() {
                // Every file under a picture's name, whatever it is.
                try FileManager.default.createSymbolicLink(
                    at: folder.appendingPathComponent("\(index).png"), withDestinationURL: file)
            }
            let limit = 1_000_000
            let daemon = try Programs.daemon(
                model.path("models"), socket: model.path("s"), in: model.folder, limits: "-v \(limit)")
            defer { if daemon.process.isRunning { daemon.kill() } }
            let screen = try model.run(
                "dr", ["screen", folder.path, "--socket", model.path("s"), "--output", model.path("out.csv")],
                limits: "-v \(limit)")
            #expect(screen.status == 2, "\(screen.error)")
            let rows = try String(contentsOfFile: model.path("out.csv"), encoding: .utf8).split(separator: "\n").dropFirst()
            #expect(rows.count == files.count)
            let answered = rows.filter { $0.split(separator: ",", omittingEmptySubsequences: false)[1] == "ok" }.count
            #expect(answered > 50 && answered < files.count)
            // No answer speaks of a fault of the daemon's own.
            #expect(!rows.contains { $0.contains("internal") }, "\(rows.filter { $0.contains("internal") })")
            #expect(try model.run("dr", ["health", "--socket", model.path("s")]).status == 0)
            daemon.process.terminate()
            #expect(daemon.outcome().status == 0)
        }
    }
}
