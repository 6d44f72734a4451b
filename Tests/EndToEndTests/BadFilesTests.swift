import Foundation
import Testing

/// Damaged checkpoints and packages, and disks that are full: refused by name, and what is stored stays.
@Suite(.serialized) struct BadFilesTests {
    @Test(arguments: ["weights.safetensors", "optimizer.safetensors", "state.json", "manifest.json"], [true, false])
    func aDamagedCheckpointIsRefused(_ name: String, flips: Bool) throws {
        try TrainedModel.with { model in
            try FileManager.default.removeItem(atPath: model.path("run/checkpoints/best"))
            if flips {
                try model.flipBit(in: "run/checkpoints/last/\(name)")
            } else {
                try model.cut("run/checkpoints/last/\(name)")
            }
            var commands: [(String, [String])] = [("dr-train", ["fit", "--resume", model.path("run")])]
            if name != "optimizer.safetensors" {
                commands.append(("dr-export", [model.path("run"), "--output", model.path("models/demo/2")]))
                commands.append(("dr-train", ["evaluate", model.path("run")]))
            }
            for (program, arguments) in commands {
                let outcome = try model.run(program, arguments)
                #expect(outcome.status == 1, "\(program) \(arguments)")
                #expect(outcome.error.contains("run/checkpoints/last/"), "\(outcome.error)")
                #expect(outcome.error.contains("damaged") || outcome.error.contains("not valid JSON"), "\(outcome.error)")
            }
            #expect(try model.names(in: "models/demo") == ["1"])
        }
    }

    @Test func aDamagedBestCheckpointNamesTheOther() throws {
        try TrainedModel.with { model in
            try model.flipBit(in: "run/checkpoints/best/weights.safetensors")
            let export = try model.run("dr-export", [model.path("run"), "--output", model.path("models/demo/2")])
            #expect(export.status == 1)
            #expect(export.error.contains("use another checkpoint: last"), "\(export.error)")
            let last = try model.run(
                "dr-export", [model.path("run"), "--checkpoint", "last", "--output", model.path("models/demo/2")])
            #expect(last.status == 0, "\(last.error)")
        }
    }

    /// A file size limit stands for a full disk: the same calls fail in the same places.
    @Test func aFullDiskWhileExportingLeavesNothing() throws {
        try TrainedModel.with { model in
            let arguments = [model.path("run"), "--output", model.path("models/demo/2")]
            let export = try model.run("dr-export", arguments, limits: "-f 2000")
            #expect(export.status == 1)
            #expect(export.error.contains("model.onnx.data") && export.error.contains("File too large"), "\(export.error)")
            #expect(try model.names(in: "models/demo") == ["1"])
            // Replacing what is there fails as well, and leaves it.
            let replace = try model.run(
                "dr-export", [model.path("run"), "--output", model.path("models/demo/1"), "--force"], limits: "-f 2000")
            #expect(replace.status == 1)
            try Self.expectReady(model)
            #expect(try model.run("dr-export", arguments).status == 0)
        }
    }

    @Test func aFullDiskWhileTrainingLeavesTheLastCheckpoint() throws {
        try TrainedModel.with { model in
            let data = model.folder.appendingPathComponent("data")
            let fresh = try model.run(
                "dr-train", ["fit", "--output", model.path("new")] + Programs.smallRun(data, epochs: 1), limits: "-f 2000")
            #expect(fresh.status == 1)
            #expect(fresh.error.contains("File too large") && fresh.error.contains("weights.safetensors"), "\(fresh.error)")
            #expect(!model.exists("new"))

            // Half-way: the run has begun, then there is no room.
            let begun = try Programs.Running(
                "dr-train", ["fit", "--output", model.path("begun")] + Programs.smallRun(data, epochs: 500), in: model.folder)
            let deadline = Date().addingTimeInterval(60)
            while !model.exists("begun/checkpoints/best"), Date() < deadline { usleep(20_000) }
            begun.process.terminate()
            #expect(begun.outcome().status != 0)
            let resumed = try model.run("dr-train", ["fit", "--resume", model.path("begun")], limits: "-f 2000")
            #expect(resumed.status == 1)
            #expect(resumed.error.contains("2048000 of "), "\(resumed.error)")
            #expect(resumed.error.contains("an earlier file of this name is untouched"), "\(resumed.error)")
            #expect(resumed.error.contains("raise the file size limit (ulimit -f)"), "\(resumed.error)")
            let evaluated = try model.run("dr-train", ["evaluate", model.path("begun"), "--checkpoint", "last"])
            #expect(evaluated.status == 0, "\(evaluated.error)")
        }
    }

    @Test(arguments: ["model.onnx", "model.onnx.data", "card.json"]) func aDamagedPackageIsNotServed(_ name: String) throws {
        try TrainedModel.with { model in
            if name == "card.json" {
                try model.cut("models/demo/1/\(name)")
            } else {
                try model.flipBit(in: "models/demo/1/\(name)")
            }
            let daemon = try model.run("drd", ["--socket", model.path("s"), "--models", model.path("models")])
            #expect(daemon.status == 1)
            #expect(daemon.error.contains("model demo/1 cannot be used: \(name)"), "\(daemon.error)")
            #expect(!model.exists("s"))
        }
    }

    @Test func socketsThatCannotBe() throws {
        try TrainedModel.with { model in
            try Data("mine".utf8).write(to: model.folder.appendingPathComponent("file"))
            let long = "/tmp/" + String(repeating: "x", count: 120)
            for (socket, text) in [(model.path("file"), "exists and is no socket"), (long, "the path has 125 bytes")] {
                let daemon = try model.run("drd", ["--socket", socket, "--models", model.path("models")])
                #expect(daemon.status == 1)
                #expect(daemon.error.contains(text), "\(daemon.error)")
            }
            #expect(try String(contentsOfFile: model.path("file"), encoding: .utf8) == "mine")
            let first = try Programs.daemon(model.path("models"), socket: model.path("s"), in: model.folder)
            defer { first.kill() }
            let second = try model.run("drd", ["--socket", model.path("s"), "--models", model.path("models")])
            #expect(second.status == 1)
            #expect(second.error.contains("a daemon is serving this path already"), "\(second.error)")
            #expect(try model.run("dr", ["health", "--socket", model.path("s")]).status == 0)
        }
    }

    private static func expectReady(_ model: TrainedModel) throws {
        let daemon = try Programs.daemon(model.path("models"), socket: model.path("r"), in: model.folder)
        #expect(try model.run("dr", ["health", "--socket", model.path("r")]).status == 0)
        daemon.process.terminate()
        #expect(daemon.outcome().status == 0)
    }
}
