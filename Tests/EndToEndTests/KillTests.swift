import Foundation
import Testing

/// `kill -9` at any moment leaves a run that goes on and ends with the same bits.
@Suite(.serialized) struct KillTests {
    @Test func aKilledRunEndsWithTheSameWeights() throws {
        let folder = try Programs.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let data = folder.appendingPathComponent("data")
        let sample = try Programs.run("dr-train", ["sample", data.path, "--images", "40", "--size", "128"], in: folder)
        try #require(sample.status == 0, "\(sample.error)")

        let overrides = Programs.smallRun(data, epochs: 4)
        let start = Date()
        let whole = try Programs.run("dr-train", ["fit", "--output", folder.path + "/whole"] + overrides, in: folder)
        var duration = Date().timeIntervalSince(start)
        try #require(whole.status == 0, "\(whole.error)")
        let expected = try #require(Self.hash(whole.output))

        let run = folder.path + "/killed"
        var random = SystemRandomNumberGenerator()
        var arguments = ["fit", "--output", run] + overrides
        var kills = 0
        for _ in 0..<8 {
            let process = try Programs.Running("dr-train", arguments, in: folder)
            let delay = Double.random(in: 0.05...0.7, using: &random) * duration
            Thread.sleep(forTimeInterval: delay)
            guard process.process.isRunning else {
                arguments = ["fit", "--resume", run]
                if kills > 0 { break }
                // Faster than the whole run was: once more from the start, and sooner.
                duration /= 2
                try? FileManager.default.removeItem(atPath: run)
                arguments = ["fit", "--output", run] + overrides
                continue
            }
            process.kill()
            kills += 1
            // Killed before the run had its first checkpoint, there is nothing to go on with: the folder is made anew.
            if FileManager.default.fileExists(atPath: run + "/checkpoints/last/manifest.json") {
                arguments = ["fit", "--resume", run]
            } else {
                try? FileManager.default.removeItem(atPath: run)
            }
        }
        let last = try Programs.run("dr-train", arguments, in: folder)
        #expect(kills > 0, "no process lived long enough to be killed")
        #expect(last.status == 0, "after \(kills) kills: \(last.error)")
        #expect(Self.hash(last.output) == expected, "after \(kills) kills")
    }

    @Test func sigtermSavesAndResumeFinishes() throws {
        let folder = try Programs.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let data = folder.appendingPathComponent("data")
        #expect(try Programs.run("dr-train", ["sample", data.path, "--images", "40", "--size", "128"], in: folder).status == 0)
        let overrides = Programs.smallRun(data, epochs: 60)
        let process = try Programs.Running("dr-train", ["fit", "--output", folder.path + "/run"] + overrides, in: folder)
        let deadline = Date().addingTimeInterval(60)
        while !FileManager.default.fileExists(atPath: folder.path + "/run/results.csv"), Date() < deadline { usleep(20_000) }
        process.process.terminate()
        let outcome = process.outcome()
        #expect(outcome.status == 128 + SIGTERM, "\(outcome.error)")
        #expect(FileManager.default.fileExists(atPath: folder.path + "/run/checkpoints/interrupted/manifest.json"))
        #expect(outcome.error.contains("resume"))
    }

    /// The hash in the last line of a finished run.
    private static func hash(_ output: String) -> String? {
        output.split(separator: "\n").last { $0.hasPrefix("finished:") }?.split(separator: " ").last.map(String.init)
    }
}
