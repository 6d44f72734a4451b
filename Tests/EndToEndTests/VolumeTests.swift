import Foundation
import Testing

/// Labelled volumes to an index and its neighbours, by the commands alone.
@Suite struct VolumeTests {
    @Test func volumesAreTrainedOnIndexedAndFound() throws {
        let folder = try Programs.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let (data, run, socket) = (folder.path + "/data", folder.path + "/run", folder.path + "/s")
        func call(_ program: String, _ arguments: String...) throws -> Programs.Outcome {
            let outcome = try Programs.run(program, arguments, in: folder)
            try #require(outcome.status == 0, "\(program) \(arguments): \(outcome.error)")
            return outcome
        }
        _ = try call("dr-train", "sample", data, "--volumes", "16", "--seed", "4")
        let columns = try #require(try String(contentsOfFile: data + "/labels.csv", encoding: .utf8).split(separator: "\n").first)
        let labels = columns.split(separator: ",").filter { !["id_code", "patient_id", "split"].contains($0) }
        let fit = try call(
            "dr-train", "fit", "--output", run, "task=retrieval", "data.csv=\(data)/labels.csv", "data.images=\(data)/volumes",
            "data.label_names=[\(labels.joined(separator: ","))]", "model.name=proximity100x100", "volume.size=[6,65,65]",
            "volume.window=[0,255]", "retrieval.loss=micro_f1", "retrieval.embedding_length=32", "retrieval.train_eval_share=1",
            "volume_augmentation.rotation=5", "volume_augmentation.noise=0.01", "training.epochs=1", "training.batch_size=4",
            "training.best_by=map", "system.threads=2")
        #expect(fit.output.contains("volumes of"))
        #expect(fit.error.contains("mAP@10") && fit.error.contains("micro-F1"))
        let neighbours = folder.path + "/neighbours.csv"
        let evaluate = try call("dr-train", "evaluate", run, "--neighbours", neighbours)
        #expect(evaluate.output.contains("labels given"))
        _ = try call("dr-export", run, "--output", folder.path + "/models/likeness/1", "--validate")

        let daemon = try Programs.daemon(folder.path + "/models", socket: socket, in: folder)
        defer { if daemon.process.isRunning { daemon.kill() } }
        let index = folder.path + "/models/likeness/index"
        let build = try call(
            "dr", "index", "build", index, "--model", "likeness", data + "/volumes", "--labels", data + "/labels.csv", "--socket",
            socket)
        #expect(build.error.contains("16") || build.output.contains("16"))
        let file = try #require(
            try FileManager.default.contentsOfDirectory(atPath: data + "/volumes").sorted().first { $0.contains(".nii") })
        let query = try call(
            "dr", "query", "\(data)/volumes/\(file)", "--model", "likeness", "-k", "3", "--format", "json", "--socket", socket)
        let answer = try #require(try JSONSerialization.jsonObject(with: Data(query.output.utf8)) as? [String: Any])
        let found = try #require(answer["neighbours"] as? [[String: Any]])
        // The volume itself is in the index.
        #expect(found.count == 3)
        #expect(found[0]["distance"] as? Double == 0)
        #expect(file.hasPrefix(try #require(found[0]["id"] as? String) + ".nii"))
        let page = folder.path + "/page.html"
        _ = try call(
            "dr", "query", "\(data)/volumes/\(file)", "--model", "likeness", "-k", "3", "--format", "html", "--output", page,
            "--pictures", data + "/volumes", "--socket", socket)
        #expect(try String(contentsOfFile: page, encoding: .utf8).components(separatedBy: "data:image/jpeg").count == 5)

        // A picture is no volume, and the answer says what is taken.
        let picture = folder.appendingPathComponent("picture.nii")
        try Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]).write(to: picture)
        let refused = try Programs.run("dr", ["query", picture.path, "--model", "likeness", "--socket", socket], in: folder)
        #expect(refused.status != 0)
        #expect(refused.error.contains("NIfTI"))
    }
}
