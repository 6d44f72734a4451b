import Architectures
import Checkpoints
import Foundation
import Imaging
import Testing
import Trainer

/// A resumed run ends with the bits of one that was never stopped.
@Suite(.serialized) struct ResumeTests {
    private struct Stop: Error {}

    /// A tiny data set and a configuration whose model drops out, clips and weighs classes: everything that has state.
    private static func configuration(_ folder: URL, model: String) throws -> TrainingConfiguration {
        let data = folder.appendingPathComponent("data")
        if !FileManager.default.fileExists(atPath: data.path) {
            try SampleDataset.write(
                to: data, images: 30, seed: 3, size: 128,
                encode: { try Image(width: $0.width, height: $0.height, pixels: $0.rgb).encodedPNG(level: 1) })
        }
        let image = try Preprocessing(crop: .fundus, height: 32, width: 32, filter: .bilinear, normalization: .imageNet)
        var configuration = TrainingConfiguration(image: image)
        configuration.data.csv = data.appendingPathComponent("labels.csv").path
        configuration.data.images = data.appendingPathComponent("images").path
        configuration.model.name = model
        configuration.augmentation.horizontalFlip = 0.5
        configuration.augmentation.rotation = 20
        configuration.training.epochs = 3
        configuration.training.batchSize = 6
        configuration.training.classWeights = .balanced
        configuration.checkpoints.everySteps = 2
        configuration.system.threads = 2
        if model.hasPrefix("vit") { configuration.model.lora = .init(rank: 4, alpha: 8, dropout: 0.2) }
        return configuration
    }

    private static func temporaryFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dr-resume-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    @Test(arguments: ["resnet18", "vit_tiny_patch16"]) func aStoppedRunEndsWithTheSameBits(_ model: String) async throws {
        let folder = try Self.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let configuration = try Self.configuration(folder, model: model)

        let whole = try TrainingRun.create(
            configuration, try configuration.objective(), at: folder.appendingPathComponent("whole").path)
        #expect(try await whole.fit(Interruption()) == .finished)

        // Dies without a word after step 5, in the middle of epoch 2: the last checkpoint is that of step 4.
        let path = folder.appendingPathComponent("stopped").path
        do {
            let stopped = try TrainingRun.create(configuration, try configuration.objective(), at: path)
            stopped.afterStep = { if $0 == 5 { throw Stop() } }
            await #expect(throws: Stop.self) { try await stopped.fit(Interruption()) }
        }
        let resumed = try TrainingRun.resume(at: path)
        #expect(resumed.state.step == 4)
        #expect(try await resumed.fit(Interruption()) == .finished)
        #expect(resumed.weightHash == whole.weightHash)
        #expect(resumed.state.history.map(\.trainLoss) == whole.state.history.map(\.trainLoss))
        let results = try String(contentsOfFile: path + "/results.csv", encoding: .utf8)
        #expect(results.split(separator: "\n").count == 4)
    }

    @Test func theSameSeedGivesTheSameBitsAndAnotherDoesNot() async throws {
        let folder = try Self.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        var configuration = try Self.configuration(folder, model: "resnet18")
        configuration.training.epochs = 1
        var hashes: [String] = []
        for (name, seed) in [("a", UInt64(1)), ("b", 1), ("c", 2)] {
            configuration.training.seed = seed
            let run = try TrainingRun.create(
                configuration, try configuration.objective(), at: folder.appendingPathComponent(name).path)
            #expect(try await run.fit(Interruption()) == .finished)
            hashes.append(run.weightHash)
        }
        #expect(hashes[0] == hashes[1] && hashes[0] != hashes[2])
    }
}
