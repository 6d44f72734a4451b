import Foundation
import Graph
import Imaging
import Pipelines
import Runtime
import Testing

/// A model package in a temporary directory, made of a small golden model; removed with its last reference.
final class ModelPackage {
    /// The directory of all models.
    let root: String
    let name: String
    let version: Int

    /// Where `model.onnx` and `card.json` are.
    var directory: String { "\(self.root)/\(self.name)/\(self.version)" }

    /// A package of `Tests/Golden/onnx/<model>`, 48 x 40 pixels and 5 classes; `change` sees the card before it is written.
    init(
        model: String = "resnet_folded.onnx", name: String = "tiny", version: Int = 3,
        change: (inout ModelCard) -> Void = { _ in }
    ) throws {
        self.root = FileManager.default.temporaryDirectory.path + "/dr-\(UUID().uuidString.prefix(8))"
        self.name = name
        self.version = version
        try FileManager.default.createDirectory(atPath: self.directory, withIntermediateDirectories: true)
        let source = goldenDirectory + "/onnx/\(model)"
        try FileManager.default.copyItem(atPath: source, toPath: "\(self.directory)/model.onnx")
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: source)))
        let digest = ModelCard.FileDigest(bytes: bytes.count, sha256: bytes.withUnsafeBytes { sha256(of: $0) })
        let session = try Session(path: "\(self.directory)/model.onnx", threads: 1)
        let input = SeededInput(seed: 11, shape: [2, 3, 48, 40])
        let outputs = try session.runAndWait(["input": input.tensor()])
        let logits = try #require(outputs["output"]).array(of: Float.self)
        let preprocessing = try Preprocessing(height: 48, width: 40)
        var card = ModelCard(
            name: name, version: version,
            task: .screening(
                ScreeningTask(
                    classNames: ["none", "mild", "moderate", "severe", "proliferative"], referableFrom: 2,
                    preprocessing: preprocessing)),
            architecture: .object(["name": .string("resnet"), "depth": .integer(18)]), recipe: .null, parameterCount: 25_000,
            provenance: ModelCard.Provenance(
                runConfigurationSHA256: String(repeating: "0", count: 64), tool: "tests", created: "2026-01-01T00:00:00Z",
                trainingData: ["images": 0]),
            opset: 17, input: "input", output: "output", files: ["model.onnx": digest],
            goldenSamples: [GoldenSample(input: input, outputs: logits)])
        change(&card)
        try Data(card.encoded()).write(to: URL(fileURLWithPath: "\(self.directory)/card.json"))
    }

    deinit { try? FileManager.default.removeItem(atPath: self.root) }
}

/// `Tests/Golden` of this package.
let goldenDirectory: String = {
    var url = URL(fileURLWithPath: #filePath)
    while url.path != "/" {
        url.deleteLastPathComponent()
        let golden = url.appendingPathComponent("Tests/Golden").path
        if FileManager.default.fileExists(atPath: golden + "/onnx") { return golden }
    }
    return "Tests/Golden"
}()
