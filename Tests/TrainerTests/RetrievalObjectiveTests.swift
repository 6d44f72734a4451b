import Architectures
import Checkpoints
import Foundation
import Imaging
import Pipelines
import Runtime
import Testing
import Trainer

/// Metric learning on pictures that differ in one thing: their brightness.
@Suite(.serialized) struct RetrievalObjectiveTests {
    /// 40 pictures: `bright` and `striped` each or not, in columns, and the brightness alone as `diagnosis`.
    private static func data(in folder: URL) throws {
        let images = folder.appendingPathComponent("images")
        try FileManager.default.createDirectory(at: images, withIntermediateDirectories: true)
        var lines = ["id_code,diagnosis,bright,striped"]
        for index in 0..<40 {
            let (isBright, isStriped) = (index % 2 == 1, index % 4 >= 2)
            var pixels: [UInt8] = []
            for y in 0..<64 {
                for x in 0..<64 {
                    let stripe = isStriped && (x / 8) % 2 == 0 ? 40 : 0
                    let value = UInt8((isBright ? 150 : 30) + stripe + (x * 7 + y * 13 + index * 29) % 23)
                    pixels += [value, value, value]
                }
            }
            let picture = try Image(width: 64, height: 64, pixels: pixels).encodedPNG(level: 1)
            try Data(picture).write(to: images.appendingPathComponent("p\(index).png"))
            lines.append("p\(index),\(isBright ? 1 : 0),\(isBright ? 1 : 0),\(isStriped ? 1 : 0)")
        }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: folder.appendingPathComponent("labels.csv"))
    }

    private static func configuration(
        _ folder: URL, _ loss: TrainingConfiguration.RetrievalLossName
    ) throws -> TrainingConfiguration {
        var configuration = TrainingConfiguration(
            image: try Preprocessing(crop: .none, height: 32, width: 32, filter: .bilinear, normalization: .imageNet))
        configuration.task = .retrieval
        configuration.data.csv = folder.appendingPathComponent("labels.csv").path
        configuration.data.images = folder.appendingPathComponent("images").path
        configuration.data.classNames = ["dark", "bright"]
        configuration.data.referableFrom = nil
        configuration.data.validationShare = 0.3
        if loss == .microF1 { configuration.data.labelNames = ["bright", "striped"] }
        configuration.retrieval.loss = loss
        configuration.retrieval.samplesPerClass = 4
        configuration.retrieval.embeddingLength = 16
        configuration.retrieval.hiddenUnits = 32
        configuration.retrieval.trainEvalShare = 0.5
        configuration.augmentation.horizontalFlip = 0.5
        configuration.training.bestBy = .map
        configuration.training.epochs = 3
        configuration.training.batchSize = 8
        configuration.training.learningRate = 1e-3
        configuration.checkpoints.everySteps = 1
        configuration.system.threads = 2
        return configuration
    }

    @Test(arguments: TrainingConfiguration.RetrievalLossName.allCases)
    func aRunLearnsToFindAndResumesWithTheSameBits(_ loss: TrainingConfiguration.RetrievalLossName) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dr-retrieval-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try Self.data(in: folder)
        let configuration = try Self.configuration(folder, loss)
        try configuration.validate()
        let whole = try TrainingRun.create(
            configuration, try configuration.objective(), at: folder.appendingPathComponent("whole").path)
        #expect(try await whole.fit(Interruption()) == .finished)
        let figures = try #require(whole.state.history.last?.figures)
        if loss == .microF1 {
            #expect(figures["knn_accuracy"] == nil)
            #expect(try #require(figures["micro_f1"]) > 0)
        } else {
            #expect(try #require(figures["knn_accuracy"]) >= 0.9)
            #expect(try #require(figures["map10"]) >= 0.9)
        }

        struct Stop: Error {}
        let path = folder.appendingPathComponent("stopped").path
        do {
            let stopped = try TrainingRun.create(configuration, try configuration.objective(), at: path)
            stopped.afterStep = { if $0 == 4 { throw Stop() } }
            await #expect(throws: Stop.self) { try await stopped.fit(Interruption()) }
        }
        let resumed = try TrainingRun.resume(at: path)
        #expect(try await resumed.fit(Interruption()) == .finished)
        #expect(resumed.weightHash == whole.weightHash)

        let output = folder.appendingPathComponent("neighbours.csv").path
        var command = EvaluateCommand(
            run: path, checkpoint: nil, csv: nil, images: nil, predictions: nil,
            report: folder.appendingPathComponent("report.json").path, threads: 2)
        command.neighbours = output
        try await command.run()
        let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 1 + 12 * 20)
        let distances = lines.dropFirst().prefix(20).compactMap { Double($0.split(separator: ",")[3]) }
        #expect(distances.count == 20)
        #expect(distances == distances.sorted())
    }

    @Test func settingsThatCannotBeAreRefusedByName() throws {
        var configuration = try Self.configuration(URL(fileURLWithPath: "/nowhere"), .triplet)
        func refusal() -> String? {
            do throws(ConfigurationError) {
                try configuration.validate()
                return nil
            } catch {
                return error.subject
            }
        }
        #expect(refusal() == nil)
        configuration.training.bestBy = .kappa
        #expect(refusal() == "training.best_by")
        configuration.training.bestBy = .map
        configuration.retrieval.margin = 0
        #expect(refusal() == "retrieval.margin")
        configuration.retrieval.margin = 0.2
        configuration.retrieval.samplesPerClass = 1
        #expect(refusal() == "retrieval.samples_per_class")
        configuration.retrieval.samplesPerClass = 2
        configuration.data.labelNames = ["a", "a"]
        #expect(refusal() == "data.label_names")
        configuration.data.labelNames = []
        configuration.model.name = "unet_resnet18"
        #expect(refusal() == "model.name")
    }
}
