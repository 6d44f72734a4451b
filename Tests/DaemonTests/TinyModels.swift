import Foundation
import Graph
import Imaging
import OnnxFormat
import Pipelines
import Runtime
import TestSupport
import Testing

/// A directory of models made of one or two random layers; removed with its last reference.
final class TinyModels: Sendable {
    let root: String

    init() throws {
        self.root = FileManager.default.temporaryDirectory.path + "/dr-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: self.root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: self.root) }

    static let grades = ["none", "mild", "severe"]

    /// A network of convolution, pooling and a matrix product.
    func screening(
        _ name: String, seed: UInt64, classes: [String] = grades, threshold: Double = 0.5, referableFrom: Int = 1,
        height: Int = 16, width: Int = 16
    ) throws {
        let preprocessing = try Preprocessing(height: height, width: width)
        let task = ScreeningTask(
            classNames: classes, referableFrom: referableFrom, referableThreshold: threshold, temperature: 0.5,
            preprocessing: preprocessing)
        try self.write(name, .screening(task), seed: seed) { graph, input, random in
            try Self.vector(&graph, input, outputs: classes.count, &random)
        }
    }

    /// The same network with an output of length 1.
    func retrieval(
        _ name: String, seed: UInt64, labels: [String] = ["cyst", "scar", "bleed"], length: Int = 8, side: Int = 16
    ) throws {
        let preprocessing = try Preprocessing(height: side, width: side)
        let task = RetrievalTask(labelNames: labels, embeddingLength: length, preprocessing: preprocessing)
        try self.write(name, .retrieval(task), seed: seed) { graph, input, random in
            let vector = try Self.vector(&graph, input, outputs: length, &random)
            return try graph.apply(LpNormalization(axis: 1), vector, name: "length")
        }
    }

    /// One convolution.
    func segmentation(
        _ name: String, seed: UInt64, classes: [String] = ["vessel", "disc"], threshold: Double = 0.5, side: Int = 16
    ) throws {
        let preprocessing = try Preprocessing(height: side, width: side)
        let task = SegmentationTask(classNames: classes, threshold: threshold, preprocessing: preprocessing)
        try self.write(name, .segmentation(task), seed: seed) { graph, input, random in
            let kernel = random.tensor(TensorType(.float32, [classes.count, 3, 3, 3]), in: -1...1)
            let window = Window(strides: [1, 1], padsBefore: [1, 1])
            return try graph.apply(Conv(window: window), input, graph.constant(kernel, name: "kernel"), name: "conv")
        }
    }

    /// Writes `model.yaml`.
    func settings(_ name: String, _ yaml: String) throws {
        try FileManager.default.createDirectory(atPath: "\(self.root)/\(name)", withIntermediateDirectories: true)
        try Data(yaml.utf8).write(to: URL(fileURLWithPath: "\(self.root)/\(name)/model.yaml"))
    }

    /// The service with all models loaded.
    func service() async throws -> InferenceClient {
        let repository = ModelRepository(directory: self.root, compute: ComputeSettings(threads: 1))
        try await repository.scan()
        await repository.load { _ in }
        return InferenceClient(repository: repository)
    }

    /// The network's outputs for a picture of its size, outside the daemon.
    func outputs(_ name: String, _ picture: Image) throws -> [Float] {
        let card = try ModelCard.load(directory: "\(self.root)/\(name)/1")
        let preprocessing = try #require(card.task.input.preprocessing)
        let input = Tensor(zeros: TensorType(.float32, [1, 3, preprocessing.height, preprocessing.width]))
        try input.withElements(as: Float.self) { try preprocessing.apply(picture, into: try #require($0.baseAddress)) }
        let session = try Session(path: "\(self.root)/\(name)/1/model.onnx", threads: 1)
        return try #require(try session.runAndWait(["input": input])["output"]).array(of: Float.self)
    }

    private static func vector(
        _ graph: inout Graph, _ input: ValueID, outputs: Int, _ random: inout SeededRandom
    ) throws -> ValueID {
        let kernel = graph.constant(random.tensor(TensorType(.float32, [6, 3, 5, 5]), in: -1...1), name: "kernel")
        let weights = graph.constant(random.tensor(TensorType(.float32, [6, outputs]), in: -2...2), name: "weights")
        let features = try graph.apply(Conv(window: Window(strides: [2, 2])), input, kernel, name: "conv")
        let active = try graph.apply(Relu(), features, name: "relu")
        let pooled = try graph.apply(GlobalAveragePool(), active, name: "pool")
        return try graph.apply(MatMul(), try graph.apply(Flatten(), pooled, name: "flat"), weights, name: "product")
    }

    private func write(
        _ name: String, _ task: ModelTask, seed: UInt64,
        _ build: (inout Graph, ValueID, inout SeededRandom) throws -> ValueID
    ) throws {
        let directory = "\(self.root)/\(name)/1"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        var graph = Graph()
        var random = SeededRandom(seed: seed)
        let shape = task.input.shape(batch: 1)
        let input = graph.input("input", TensorType(.float32, shape))
        graph.output("output", try build(&graph, input, &random))
        let written = try OnnxWriter.write(graph: graph, to: directory)
        let session = try Session(path: written.modelPath, threads: 1)
        var files: [String: ModelCard.FileDigest] = [:]
        for file in session.model.files {
            let bytes = UnsafeRawBufferPointer(file.contents.bytes)
            files[file.path] = ModelCard.FileDigest(bytes: bytes.count, sha256: sha256(of: bytes))
        }
        let sample = SeededInput(seed: 3, shape: shape)
        let outputs = try session.runAndWait(["input": sample.tensor()])
        let card = ModelCard(
            name: name, version: 1, task: task, architecture: .string("tiny"), recipe: .null, parameterCount: 1,
            provenance: ModelCard.Provenance(
                runConfigurationSHA256: String(repeating: "0", count: 64), tool: "tests", created: "2026-01-01T00:00:00Z",
                trainingData: [:]),
            opset: 17, input: "input", output: "output", files: files,
            goldenSamples: [
                GoldenSample(input: sample, outputs: try #require(outputs["output"]).array(of: Float.self))
            ])
        try Data(card.encoded()).write(to: URL(fileURLWithPath: "\(directory)/card.json"))
    }
}
