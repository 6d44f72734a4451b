import Daemon
import Foundation
import Imaging
import Pipelines
import Testing

/// `dr screen` against a daemon.
@Suite struct ScreenJobTests {
    private func folder(in directory: TemporaryDirectory) throws -> String {
        let folder = directory.path + "/pictures"
        try FileManager.default.createDirectory(atPath: folder + "/sub.png", withIntermediateDirectories: true)
        for (index, name) in ["a.png", "b.PNG", "d.png", "=e.png"].enumerated() {
            try Data(testPicture(index).encodedPNG()).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        }
        try Data(testPicture(9).encodedJPEG()).write(to: URL(fileURLWithPath: folder + "/c.JPeG"))
        try Data("text".utf8).write(to: URL(fileURLWithPath: folder + "/bad.jpg"))
        try Data().write(to: URL(fileURLWithPath: folder + "/empty.png"))
        try Data("notes".utf8).write(to: URL(fileURLWithPath: folder + "/notes.txt"))
        return folder
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test(arguments: ["csv", "jsonl"])
    func aFolderWithBadFiles(_ type: String) async throws {
        let (package, directory) = (try ModelPackage(), try TemporaryDirectory())
        let daemon = try await RunningDaemon(package, in: directory)
        let folder = try folder(in: directory)
        var options = FolderOptions(folder: folder, socket: daemon.socket, output: "\(directory.path)/out.\(type)")
        options.jobs = 3
        let outcome = try await ScreenJob(options).run()
        #expect(outcome.exitCode == 2)
        #expect(outcome.rows.map(\.file) == ["=e.png", "a.png", "b.PNG", "bad.jpg", "c.JPeG", "d.png", "empty.png", "sub.png"])
        let failed = outcome.rows.filter { $0.status == .error }
        #expect(failed.map(\.file) == ["bad.jpg", "empty.png", "sub.png"])
        #expect(failed.map(\.failure?.code) == ["unsupported_format", "invalid", "file"])
        let model = try await ServedModel.load(directory: package.directory, compute: ComputeSettings(threads: 1))
        for row in outcome.rows where row.status == .ok {
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(row.file)")))
            let expected = try await model.screen(bytes).result
            #expect(row.found?.grade == expected.grade && row.found?.probabilities == expected.probabilities)
            #expect(row.found?.referable == expected.referable?.decision && row.modelSHA256 == model.sha256)
        }
        let format = try #require(ResultFormat<ScreeningFinding>(path: options.output, classes: 5))
        #expect(try format.rows(Array(text(options.output).utf8), path: "").rows == outcome.rows)
        await daemon.stop()
    }

    @Test func resuming() async throws {
        let (package, directory) = (try ModelPackage(), try TemporaryDirectory())
        let daemon = try await RunningDaemon(package, in: directory)
        let folder = try folder(in: directory)
        let options = FolderOptions(folder: folder, socket: daemon.socket, output: directory.path + "/out.csv")
        _ = try await ScreenJob(options).run()
        let whole = try text(options.output)

        // A torn last line is mended; nothing else is done again.
        try String(whole.dropLast(20)).write(toFile: options.output, atomically: false, encoding: .utf8)
        let mended = try await ScreenJob(options).run()
        #expect(mended.resumed == 7 && mended.rows.count == 8)
        let lines = try text(options.output).split(separator: "\n")
        #expect(lines.count == 9 && Set(lines).count == 9)
        #expect(whole.split(separator: "\n").prefix(8) == lines.prefix(8))

        // A picture that changed is done again, and has one row.
        try Data(testPicture(77).encodedPNG()).write(to: URL(fileURLWithPath: folder + "/a.png"))
        let changed = try await ScreenJob(options).run()
        // A directory has no hash, so its row is made anew as well.
        #expect(changed.resumed == 6)
        let rows = try ResultFormat<ScreeningFinding>.csv(classes: 5).rows(Array(text(options.output).utf8), path: "").rows
        #expect(rows.count == 8 && rows.count { $0.file == "a.png" } == 1)
        await daemon.stop()
    }

    @Test func anotherModelsRowsAreNotMixed() async throws {
        let (first, second) = (try ModelPackage(), try ModelPackage(model: "resnet_batchnorm.onnx"))
        let directory = try TemporaryDirectory()
        let folder = try folder(in: directory)
        let daemon = try await RunningDaemon(first, in: directory)
        var options = FolderOptions(folder: folder, socket: daemon.socket, output: directory.path + "/out.jsonl")
        _ = try await ScreenJob(options).run()
        let before = try text(options.output)
        await daemon.stop()
        let other = try await RunningDaemon(second, in: directory)
        options.socket = other.socket
        let error = await #expect(throws: DaemonError.self) { try await ScreenJob(options).run() }
        #expect(error?.message.contains("--restart") == true)
        #expect(try text(options.output) == before)
        options.restart = true
        let outcome = try await ScreenJob(options).run()
        #expect(outcome.resumed == 0 && outcome.rows.count == 8)
        #expect(outcome.rows.allSatisfy { $0.modelSHA256 == outcome.model.sha256 })
        await other.stop()
    }

    @Test func nothingCanBeDone() async throws {
        let (package, directory) = (try ModelPackage(), try TemporaryDirectory())
        let folder = try folder(in: directory)
        let output = directory.path + "/out.csv"
        func failure(_ options: FolderOptions) async -> DaemonError? {
            await #expect(throws: DaemonError.self) { try await ScreenJob(options).run() }
        }
        let absent = directory.path + "/absent.sock"
        #expect(await failure(FolderOptions(folder: folder, socket: absent, output: output))?.code == .connection)
        #expect(await failure(FolderOptions(folder: folder + "x", socket: absent, output: output))?.code == .file)
        let long = "/" + String(repeating: "s", count: 200)
        #expect(await failure(FolderOptions(folder: folder, socket: long, output: output))?.code == .socket)
        let daemon = try await RunningDaemon(package, in: directory, loads: false)
        #expect(await failure(FolderOptions(folder: folder, socket: daemon.socket, output: output))?.code == .unavailable)
        await daemon.repository.load { _ in }
        var options = FolderOptions(folder: folder, socket: daemon.socket, output: directory.path + "/out.txt")
        #expect(await failure(options)?.code == .file)
        options.output = output
        options.model = "other"
        #expect(await failure(options)?.code == .notFound)
        #expect(!FileManager.default.fileExists(atPath: output))
        await daemon.stop()
        #expect(await runScreen(FolderOptions(folder: folder, socket: absent, output: output)) == 3)
    }

    /// A daemon that goes away in the middle: what is finished stays, and the next run goes on there.
    @Test func theDaemonGoesAway() async throws {
        let (package, directory) = (try ModelPackage(), try TemporaryDirectory())
        let folder = directory.path + "/many"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for index in 0..<40 {
            try Data(testPicture(index, width: 300, height: 300).encodedPNG())
                .write(to: URL(fileURLWithPath: "\(folder)/\(100 + index).png"))
        }
        let daemon = try await RunningDaemon(package, in: directory)
        let options = FolderOptions(folder: folder, socket: daemon.socket, output: directory.path + "/out.csv")
        let (steps, step) = AsyncStream.makeStream(of: Int.self)
        let job = Task { try await ScreenJob(options) { done, _ in step.yield(done) }.run() }
        for await done in steps where done >= 5 { break }
        job.cancel()
        let outcome = try await job.value
        #expect(outcome.exitCode == 130 && outcome.rows.count >= 5)
        let rows = try ResultFormat<ScreeningFinding>.csv(classes: 5).rows(Array(text(options.output).utf8), path: "").rows
        #expect(rows == outcome.rows)
        let rest = try await ScreenJob(options).run()
        #expect(rest.exitCode == 0 && rest.rows.count == 40 && rest.resumed == rows.count)
        await daemon.stop()
    }
}
