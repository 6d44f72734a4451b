import Foundation
import Testing

/// Photographs to served answers, by the commands alone.
@Suite(.serialized) struct WholeWayTests {
    @Test func screeningGivesTheGradesOfEvaluate() throws {
        let folder = try Programs.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let data = folder.appendingPathComponent("data")
        let run = folder.path + "/run"
        #expect(try Programs.run("dr-train", ["sample", data.path, "--images", "40", "--size", "128"], in: folder).status == 0)
        let overrides = Programs.smallRun(data, epochs: 2)
        let fit = try Programs.run("dr-train", ["fit", "--output", run] + overrides, in: folder)
        try #require(fit.status == 0, "\(fit.error)")
        let evaluate = try Programs.run(
            "dr-train",
            [
                "evaluate", run, "--csv", data.path + "/labels.csv", "--images", data.path + "/images", "--predictions",
                folder.path + "/p.csv",
            ], in: folder)
        try #require(evaluate.status == 0, "\(evaluate.error)")
        let export = try Programs.run("dr-export", [run, "--output", folder.path + "/models/demo/1", "--validate"], in: folder)
        try #require(export.status == 0, "\(export.error) \(export.output)")

        let socket = folder.path + "/s"
        let daemon = try Programs.daemon(folder.path + "/models", socket: socket, in: folder)
        defer { if daemon.process.isRunning { daemon.kill() } }
        let mode = try FileManager.default.attributesOfItem(atPath: socket)[.posixPermissions] as? Int
        #expect(mode == 0o660)

        let screened = folder.path + "/out.csv"
        let screen = try Programs.run(
            "dr", ["screen", data.path + "/images", "--socket", socket, "--output", screened], in: folder)
        #expect(screen.status == 0, "\(screen.error)")
        let compare = Process()
        compare.executableURL = Programs.root.appendingPathComponent("Scripts/compare-grades.sh")
        compare.arguments = [folder.path + "/p.csv", screened]
        try compare.run()
        compare.waitUntilExit()
        #expect(compare.terminationStatus == 0)

        // One bad file: the others are screened, and the exit code says so.
        try Data([0xFF, 0xD8, 0xFF]).write(to: data.appendingPathComponent("images/broken.jpg"))
        let again = try Programs.run(
            "dr", ["screen", data.path + "/images", "--socket", socket, "--output", screened], in: folder)
        #expect(again.status == 2)

        daemon.process.terminate()
        #expect(daemon.outcome().status == 0)
        #expect(!FileManager.default.fileExists(atPath: socket))
        let without = try Programs.run(
            "dr", ["screen", data.path + "/images", "--socket", socket, "--output", folder.path + "/none.csv"], in: folder)
        #expect(without.status == 3)
    }
}
