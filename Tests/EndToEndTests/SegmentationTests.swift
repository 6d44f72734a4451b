import Foundation
import Testing

/// Photographs with vessel masks to masks that the daemon serves, by the commands alone.
@Suite(.serialized) struct SegmentationTests {
    private static func overrides(_ data: URL, epochs: Int) -> [String] {
        [
            "task=segmentation", "data.csv=\(data.path)/labels.csv", "data.images=\(data.path)/images",
            "data.masks=\(data.path)/masks", "data.mask_class=vessel", "model.name=unet_resnet18", "image.crop=none",
            "image.size=[64,64]", "training.epochs=\(epochs)", "training.batch_size=4", "training.best_by=dice",
            "training.learning_rate=0.002", "system.threads=2",
        ]
    }

    /// The body of an answer, asked for with curl.
    private static func segment(_ picture: URL, model: String, socket: String, in folder: URL) throws -> [String: Any] {
        let curl = Process()
        let output = folder.appendingPathComponent("answer.json")
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        curl.arguments = [
            "-s", "--unix-socket", socket, "--data-binary", "@\(picture.path)", "-o", output.path,
            "http://localhost/v2/models/\(model)/segment?overlay=true",
        ]
        try curl.run()
        curl.waitUntilExit()
        return try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: output)) as? [String: Any])
    }

    @Test func servedMasksAreThoseOfEvaluate() throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/curl") else {
            print("skipped: there is no curl here")
            return
        }
        try SampleFolder.with { sample in
            let folder = sample.url.deletingLastPathComponent()
            let (run, masks) = (folder.path + "/run", folder.path + "/answers")
            let fit = try Programs.run("dr-train", ["fit", "--output", run] + Self.overrides(sample.url, epochs: 3), in: folder)
            try #require(fit.status == 0, "\(fit.error)")
            #expect(fit.error.contains("Dice"))
            let evaluate = try Programs.run(
                "dr-train",
                [
                    "evaluate", run, "--masks-output", masks, "--mosaic", folder.path + "/mosaic.png", "--predictions",
                    folder.path + "/p.csv",
                ], in: folder)
            try #require(evaluate.status == 0, "\(evaluate.error)")
            #expect(evaluate.output.contains("HD95"))
            let mosaic = try Data(contentsOf: folder.appendingPathComponent("mosaic.png"))
            #expect(mosaic.starts(with: [0x89, 0x50, 0x4E, 0x47]))
            let export = try Programs.run(
                "dr-export", [run, "--output", folder.path + "/models/vessels/1", "--validate"], in: folder)
            try #require(export.status == 0, "\(export.error) \(export.output)")

            let socket = folder.path + "/s"
            let daemon = try Programs.daemon(folder.path + "/models", socket: socket, in: folder)
            defer { if daemon.process.isRunning { daemon.kill() } }
            let answers = try FileManager.default.contentsOfDirectory(atPath: masks).sorted()
            #expect(!answers.isEmpty)
            for name in answers {
                let id = String(name.dropLast(4))
                let answer = try Self.segment(try sample.picture(id), model: "vessels", socket: socket, in: folder)
                let classes = try #require(answer["classes"] as? [[String: Any]])
                #expect(classes.count == 1 && classes[0]["name"] as? String == "vessel")
                let mask = try #require((classes[0]["mask"] as? String).flatMap { Data(base64Encoded: $0) })
                #expect(mask == (try Data(contentsOf: URL(fileURLWithPath: "\(masks)/\(name)"))), "\(name)")
                let overlay = try #require((answer["overlay"] as? String).flatMap { Data(base64Encoded: $0) })
                #expect(overlay.starts(with: [0x89, 0x50, 0x4E, 0x47]))
            }
            // `dr segment` writes the same masks for the whole folder, in a subfolder too.
            let nested = sample.url.appendingPathComponent("images/sub")
            try FileManager.default.createDirectory(at: nested, withIntermediateDirectories: true)
            let moved = try sample.picture(String(answers[0].dropLast(4)))
            try FileManager.default.moveItem(at: moved, to: nested.appendingPathComponent(moved.lastPathComponent))
            let output = folder.path + "/segmented"
            let segment = try Programs.run(
                "dr", ["segment", sample.url.path + "/images", "--socket", socket, "--output", output, "--overlay"], in: folder)
            #expect(segment.status == 0, "\(segment.error)")
            for name in answers {
                let mask = try Data(contentsOf: URL(fileURLWithPath: "\(output)/\(name == answers[0] ? "sub/" : "")\(name)"))
                #expect(mask == (try Data(contentsOf: URL(fileURLWithPath: "\(masks)/\(name)"))), "\(name)")
            }
            let rows = try String(contentsOfFile: output + "/results.csv", encoding: .utf8).split(separator: "\n").dropFirst()
            #expect(rows.count == 20 && rows.allSatisfy { $0.contains(",ok,vessel,") && $0.contains(",0.5,") })
            try Self.expectKillsLeaveWholeMasks(sample.url.path + "/images", like: output, socket: socket, in: folder)
            try FileManager.default.moveItem(at: nested.appendingPathComponent(moved.lastPathComponent), to: moved)
            try FileManager.default.removeItem(at: nested)
            // A segmentation model does not screen.
            let screen = try Programs.run(
                "dr", ["screen", sample.url.path + "/images", "--socket", socket, "--output", folder.path + "/o.csv"], in: folder)
            #expect(screen.status == 2)
            #expect(try String(contentsOfFile: folder.path + "/o.csv", encoding: .utf8).contains("is for segmentation"))
            daemon.process.terminate()
            #expect(daemon.outcome().status == 0)
        }
    }

    /// `kill -9` at any moment of `dr segment`: every mask that is there is whole, and the last run ends with the same files.
    private static func expectKillsLeaveWholeMasks(
        _ pictures: String, like expected: String, socket: String, in folder: URL
    ) throws {
        let output = folder.path + "/killed"
        let arguments = ["segment", pictures, "--socket", socket, "--output", output, "--overlay"]
        func masks(_ folder: String) throws -> [String: Data] {
            let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
            let visible = names.filter { $0.hasSuffix(".png") && !$0.contains("/.") && !$0.hasPrefix(".") }
            return try Dictionary(
                uniqueKeysWithValues: visible.map { ($0, try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))) })
        }
        let whole = try masks(expected)
        #expect(whole.count == 40)
        for _ in 0..<12 {
            let process = try Programs.Running("dr", arguments, in: folder)
            Thread.sleep(forTimeInterval: Double.random(in: 0.02...0.25))
            process.kill()
            guard FileManager.default.fileExists(atPath: output) else { continue }
            for (name, mask) in try masks(output) { #expect(mask == whole[name], "\(name)") }
        }
        // A limit on the size of files stands for a full disk.
        try? FileManager.default.removeItem(atPath: output)
        let full = try Programs.run("dr", arguments, in: folder, limits: "-f 2")
        #expect([2, 3].contains(full.status) && full.error.contains(": cannot be written: File too large"), "\(full.error)")
        for (name, mask) in try masks(output) { #expect(mask == whole[name], "\(name)") }
        let last = try Programs.run("dr", arguments, in: folder)
        #expect(last.status == 0, "\(last.error)")
        #expect(try masks(output) == whole)
        let rows = try String(contentsOfFile: output + "/results.csv", encoding: .utf8).split(separator: "\n").dropFirst()
        #expect(Set(rows.map { $0.prefix { $0 != "," } }).count == 20 && rows.count == 20)
    }

    @Test func masksThatDoNotFitAreRefusedTogether() throws {
        try SampleFolder.with { sample in
            let masks = sample.url.appendingPathComponent("masks")
            let other = try Data(contentsOf: sample.picture("sample_0000_R"))
            // A colour picture where a mask should be, a mask that is missing, and one of another size.
            try other.write(to: masks.appendingPathComponent("sample_0000_R.png"))
            let small = try Programs.run(
                "dr-train", ["sample", sample.url.path + "/small", "--images", "20", "--size", "32"], in: sample.url)
            try #require(small.status == 0)
            try Data(contentsOf: sample.url.appendingPathComponent("small/masks/sample_0001_R.png"))
                .write(to: masks.appendingPathComponent("sample_0001_R.png"))
            let run = sample.url.path + "/run"
            let arguments = ["fit", "--output", run] + Self.overrides(sample.url, epochs: 1)
            let fit = try Programs.run("dr-train", arguments, in: sample.url)
            #expect(fit.status == 1)
            #expect(fit.error.contains("sample_0000_R.png: has the colour"), "\(fit.error)")
            #expect(fit.error.contains("sample_0001_R.png: the mask is 32 x"), "\(fit.error)")
            try FileManager.default.removeItem(at: masks.appendingPathComponent("sample_0000_L.png"))
            let missing = try Programs.run("dr-train", arguments, in: sample.url)
            #expect(missing.error.contains("labels.csv:3: mask:"), "\(missing.error)")
            #expect(!FileManager.default.fileExists(atPath: run))
        }
    }
}
