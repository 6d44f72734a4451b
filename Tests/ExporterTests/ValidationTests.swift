import Architectures
import Exporter
import Foundation
import Graph
import Imaging
import Pipelines
import Runtime
import Testing

/// A wrong file is refused and the wrong node named.
struct ValidationTests {
    /// The wrong weight, the file's node that it spoils first, and that node in the training graph.
    static let faults: [(ModelRecipe, String, String, String)] = [
        (convolutional, "layer2.0.conv2.weight", "layer2.0.bn2", "layer2.0.bn2"),
        (convolutional, "fc.bias", "fc/bias", "fc/bias"),
        (transformer, "blocks.3.attn.qkv.weight", "blocks.3.attn.qkv/bias", "blocks.3.attn.qkv/adapted"),
        (transformer, "blocks.5.mlp.fc2.weight", "blocks.5.mlp.fc2", "blocks.5.mlp.fc2"),
        (transformer, "blocks.7.norm2.weight", "blocks.7.norm2", "blocks.7.norm2"),
    ]

    @Test(arguments: faults)
    func injectedFaultIsFoundAndNamed(_ recipe: ModelRecipe, _ weight: String, _ node: String, _ sourceNode: String) throws {
        let directory = try TemporaryDirectory()
        var exporter = ModelExporter(try .random(recipe, seed: 6), options(in: directory) { $0.validates = true })
        exporter.tamper = { weights in
            guard let tensor = weights[weight] else { return }
            let changed = Tensor(tensor.array(of: Float.self).map { $0 * 1.5 + 0.01 }, shape: tensor.shape)
            weights[weight] = changed
        }
        let result = try exporter.run()
        #expect(!result.isInstalled)
        #expect(result.card == nil)
        let report = try #require(result.validation)
        #expect(report.status == .fail)
        #expect(report.divergence?.node == node)
        #expect(report.divergence?.sourceNode == sourceNode)
        #expect(report.divergence?.exceedsTolerance == true)
        // Nothing but the report is left.
        let left = try FileManager.default.contentsOfDirectory(atPath: directory.file("models/test"))
        #expect(left == ["1.validation_report.json"])
        let text = try String(contentsOfFile: try #require(result.reportPath), encoding: .utf8)
        #expect(text.contains("\"status\" : \"FAIL\"") && text.contains("\"node\" : \"\(node)\""))
    }

    @Test func traceOfACorrectFileStaysWithinTolerance() throws {
        let directory = try TemporaryDirectory()
        let source = try ExportSource.random(transformer, seed: 6)
        _ = try ModelExporter(source, options(in: directory)).run()
        let size = ImageSize(height: 32, width: 32)
        let validator = Validator(
            source: try SourceNetwork(transformer, weights: source.weights, size: size, threads: 2),
            session: try Session(path: directory.file("models/test/1/model.onnx"), threads: 2), size: size,
            adaptedPaths: LoRAMerge.adaptedPaths(source.weights))
        let divergence = try #require(try validator.divergence())
        #expect(!divergence.exceedsTolerance)
        #expect(divergence.comparedNodes > 100)
    }

    @Test func wrongMergeIsRefused() throws {
        let source = try ExportSource.random(transformer, seed: 6)
        let size = ImageSize(height: 32, width: 32)
        let adapters = try SourceNetwork(transformer, weights: source.weights, size: size, threads: 2)
        var plain = transformer
        plain.lora = nil
        // The base weights alone are not the merged ones.
        let base = try SourceNetwork(plain, weights: source.weights, size: size, threads: 2)
        #expect(exportError { _ = try MergeCheck.run(adapters: adapters, merged: base, size: size) }?.code == .merge)
    }

    @Test func labelledPicturesAreScreenedByBoth() throws {
        let directory = try TemporaryDirectory()
        var table = "id_code,diagnosis\n"
        for index in 0..<6 {
            let value = UInt8(40 * index)
            try Data(Image(width: 40, height: 36, red: value, green: 255 - value, blue: 90).encodedPNG())
                .write(to: URL(fileURLWithPath: directory.file("picture\(index).png")))
            table += "picture\(index),\(index % 5)\n"
        }
        try Data(table.utf8).write(to: URL(fileURLWithPath: directory.file("labels.csv")))
        var source = try ExportSource.random(transformer, seed: 6)
        if case .screening(var grades) = source.task {
            grades.referableFrom = 2
            source.task = .screening(grades)
        }
        let result = try ModelExporter(
            source,
            options(in: directory) {
                $0.pictures = LabelledPictures(table: directory.file("labels.csv"), folder: directory.path)
            }
        ).run()
        let pictures = try #require(result.validation?.pictures)
        #expect(pictures.images == 6)
        #expect(pictures.gradeDifferences == 0)
        #expect(pictures.maxRelativeDifference <= 1e-4)
        #expect(pictures.confusion.flatMap(\.self).reduce(0, +) == 6)
        #expect(pictures.referableAuroc != nil)
        // The same pictures in bfloat16.
        let bfloat16 = try #require(result.card?.bfloat16)
        #expect(bfloat16 == result.validation?.bfloat16)
        guard SessionOptions.Precision.bfloat16.isAvailable else {
            #expect(bfloat16.status == .notValidated && bfloat16.reason?.contains("CPU") == true && bfloat16.pictures == nil)
            return
        }
        #expect(bfloat16.pictures == 6 && bfloat16.equalArgmax.map { $0 * 6 == ($0 * 6).rounded() } == true)
        let difference = try #require(bfloat16.maxProbabilityDifference)
        #expect(difference > 0 && difference < 0.1)
        #expect(try #require(bfloat16.goldenTolerance) >= 0x1p-7)
    }

    @Test func withoutPicturesBFloat16IsNotValidated() throws {
        let directory = try TemporaryDirectory()
        let result = try ModelExporter(
            try .random(transformer, seed: 6), options(in: directory) { $0.validates = true }
        ).run()
        let bfloat16 = try #require(result.card?.bfloat16)
        #expect(bfloat16.status == .notValidated && bfloat16.pictures == nil)
        #expect((bfloat16.goldenTolerance != nil) == SessionOptions.Precision.bfloat16.isAvailable)
        #expect(ChosenPrecision(.auto, bfloat16).precision == .float32)
        _ = try ModelExporter(try .random(transformer, seed: 6), options(in: directory) { $0.force = true }).run()
        #expect(try ModelCard.load(directory: directory.file("models/test/1")).bfloat16 == nil)
    }

    @Test func missingPictureIsNamedByItsLine() throws {
        let directory = try TemporaryDirectory()
        try Data("id_code,diagnosis\nnowhere,1\n".utf8).write(to: URL(fileURLWithPath: directory.file("labels.csv")))
        let exporter = ModelExporter(
            try .random(convolutional, seed: 6),
            options(in: directory) {
                $0.pictures = LabelledPictures(table: directory.file("labels.csv"), folder: directory.path)
            })
        let error = exportError { _ = try exporter.run() }
        #expect(error?.code == .data)
        #expect(error?.subject == "labels.csv, line 2")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.file("models/test")).isEmpty)
    }

    @Test func differencesCanFail() {
        let one = Tensor([Float(1), -2, 4], shape: [3])
        #expect(TensorDifference(expected: one, actual: one).maxRelative == 0)
        #expect(TensorDifference(expected: one, actual: Tensor([Float(1), -2, 5], shape: [3])).maxRelative == 0.25)
        #expect(TensorDifference(expected: one, actual: Tensor([Float(1), -2, .nan], shape: [3])).maxRelative == .infinity)
        #expect(TensorDifference(expected: one, actual: Tensor([Float.nan, -2, 4], shape: [3])).maxRelative == .infinity)
        #expect(TensorDifference(expected: one, actual: Tensor([Float(1), -2], shape: [2])).maxRelative == .infinity)
        let zero = Tensor([Float(0), 0], shape: [2])
        #expect(TensorDifference(expected: zero, actual: Tensor([Float(0), 1e-9], shape: [2])).maxRelative == .infinity)
        #expect(ValidationStatus(relativeDifference: .nan) == .fail)
        #expect(ValidationStatus(relativeDifference: 5e-5) == .warn)
        #expect(ValidationStatus(relativeDifference: 5e-6) == .pass)
    }
}
