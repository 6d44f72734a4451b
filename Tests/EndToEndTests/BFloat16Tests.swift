import Foundation
import TestSupport
import Testing

/// A transformer that learns from real radiographs, validated and served in bfloat16, by the commands alone.
@Suite(.serialized) struct BFloat16Tests {
    @Test func aTransformerOfRadiographsIsServedInBFloat16() throws {
        guard let data = sharedData("cxr_pneumoniamnist") else { return }
        guard try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8).contains("avx512_bf16") else {
            print("skipped: this CPU does not multiply bfloat16")
            return
        }
        let folder = try Programs.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let lines = try String(contentsOf: data.appendingPathComponent("train.csv"), encoding: .utf8).split(separator: "\n")
        // Every fourth, for the file is in the order of the labels.
        let rows = lines.dropFirst().enumerated().filter { $0.offset.isMultiple(of: 4) }.map(\.element)
        let table = folder.path + "/train.csv"
        try Data(("\(lines[0])\n" + rows.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: table))
        let fit = try Programs.run(
            "dr-train",
            [
                "fit", "--output", folder.path + "/run", "data.csv=\(table)", "data.images=\(data.path)/train",
                "data.class_names=[Normal, Pneumonia]", "data.referable_from=1", "image.crop=none", "image.size=[48,48]",
                "model.name=vit_tiny_patch16", "training.epochs=4", "training.batch_size=32", "training.learning_rate=0.0005",
                "training.warmup_epochs=0.5", "training.class_weights=balanced", "system.threads=2",
            ], in: folder)
        try #require(fit.status == 0, "\(fit.error)")
        let package = folder.path + "/models/cxr/1"
        let export = try Programs.run(
            "dr-export",
            [
                folder.path + "/run", "--output", package, "--comprehensive-validate", "\(data.path)/test.csv",
                "\(data.path)/test",
            ], in: folder)
        try #require(export.status == 0, "\(export.error) \(export.output)")
        print(export.output.split(separator: "\n").suffix(3).joined(separator: "\n"))

        let bytes = try Data(contentsOf: URL(fileURLWithPath: package + "/card.json"))
        let card = try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
        let found = try #require(card["bfloat16"] as? [String: Any])
        #expect(found["status"] as? String == "passed" && found["pictures"] as? Int == 624, "\(found)")
        #expect(try #require(found["equal_argmax"] as? Double) >= 0.995)
        let difference = try #require(found["max_probability_difference"] as? Double)
        #expect(difference > 0 && difference <= 0.02)

        let socket = folder.path + "/s"
        let daemon = try Programs.daemon(folder.path + "/models", socket: socket, in: folder)
        defer { if daemon.process.isRunning { daemon.kill() } }
        let models = try Programs.run("dr", ["models", "--socket", socket], in: folder)
        #expect(models.output.contains("READY") && models.output.contains("bfloat16"), "\(models.output)")
        let environment = try String(contentsOfFile: "/proc/\(daemon.process.processIdentifier)/environ", encoding: .utf8)
        #expect(environment.contains("GOMP_SPINCOUNT="))
        daemon.process.terminate()
        #expect(daemon.outcome().error.contains("computes in bfloat16 (bfloat16 passed its validation"))
    }
}
