import Architectures
import Foundation
import Graph
import Kernels
import Runtime
import TestSupport
import Testing

/// Proximity100x100 against PyTorch on timm's ResNet-18.
@Suite struct ProximityTests {
    private static func golden() throws -> GoldenNetwork {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try JSONDecoder().decode(
            GoldenNetwork.self, from: Data(contentsOf: folder.appendingPathComponent("Golden/proximity/network.json")))
    }

    private static func count(_ parameters: [ParameterSpec]) -> Int {
        parameters.filter { $0.role != .buffer }.map { $0.shape.reduce(1, *) }.reduce(0, +)
    }

    @Test func embeddingAndLogitsEqualPyTorch() throws {
        let golden = try Self.golden()
        let (graph, parameters) = try golden.recipe.graph(batch: golden.input.shape[0], mode: .inference)
        let ours = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.shape) })
        let theirs = Dictionary(uniqueKeysWithValues: golden.parameters.map { ($0.name, $0.shape) })
        #expect(ours == theirs, "names and shapes")
        #expect(Self.count(parameters) == golden.total)
        let tensors = golden.parameters.map { parameter in
            let values = GoldenGenerator.uniform(
                parameter.name, shape: parameter.shape, scale: parameter.scale, offset: parameter.offset)
            return (parameter.name, values)
        }
        let volumes = GoldenGenerator.uniform(golden.input.stream, shape: golden.input.shape, scale: golden.input.scale)
        for passes in [[], [Pass.channelsLast, .fuseMatMul, .withoutDeadNodes]] {
            let plan = try Plan(
                try graph.running(passes), parameters: Dictionary(uniqueKeysWithValues: tensors), packs: PackStore(),
                options: Plan.Options(threads: 2))
            let (embedding, logits) = try ComputeThread(threads: 2).runAndWait {
                try plan.setInput("input", volumes)
                try plan.run()
                return (try plan.output("output").copied(), try plan.output("label_logits").copied())
            }
            // All but four digits of float32, where the largest elements are 0.4.
            let tolerance = Tolerance(absolute: 5e-6, relative: 1e-5)
            #expect(tolerance.mismatch(embedding.doubles, Array(golden.embedding.joined()), "embedding") == nil)
            #expect(tolerance.mismatch(logits.doubles, Array(golden.logits.joined()), "logits") == nil)
        }
    }

    @Test func sizesEqualPyTorch() throws {
        let golden = try Self.golden()
        #expect(golden.counted.map(\.total).prefix(2) == [25_485_236, 24_434_612])
        for size in golden.counted {
            let recipe = ModelRecipe(
                architecture: "proximity100x100", classes: size.classes, imageHeight: size.height, imageWidth: size.width,
                embedding: EmbeddingHead(length: size.embedding, labels: size.classes), slices: size.slices)
            let parameters = try recipe.graph(batch: 1, mode: .inference).parameters
            #expect(Self.count(parameters) == size.total)
            for (name, shape) in size.fc { #expect(parameters.first { $0.name == name }?.shape == shape, "\(name)") }
        }
    }

    @Test func withoutAHeadTheStandardOneIsTaken() throws {
        let recipe = ModelRecipe(architecture: "proximity100x100", classes: 4, imageHeight: 150, imageWidth: 150, slices: 300)
        #expect(Self.count(try recipe.graph(batch: 1, mode: .inference).parameters) == 25_485_236)
    }

    /// Slices that form no triples, and sides from which the 3-D convolutions leave nothing.
    @Test(arguments: [[6, 1, 64, 97], [6, 1, 97, 64], [4, 1, 65, 65], [0, 1, 65, 65], [6, 3, 65, 65]])
    func otherShapesAreRefused(_ shape: [Int]) throws {
        var model = ModelBuilder(mode: .inference)
        let input = model.graph.input("input", TensorType(.float32, [2] + shape))
        let network = Proximity(head: EmbeddingHead(length: 8, labels: 4))
        #expect(throws: GraphError.self) { _ = try network.build(&model, input) }
    }

    @Test func aPublishedTrunkGetsItsNames() throws {
        let published = try ModelRecipe(architecture: "resnet18", classes: 5, imageSize: 64).graph(batch: 1, mode: .inference)
        let tensors = published.parameters.map { ($0.name, Tensor(zeros: TensorType(.float32, $0.shape))) }
        let network = Proximity(head: EmbeddingHead(length: 8, labels: 4))
        let renamed = network.renamed(Dictionary(uniqueKeysWithValues: tensors)).mapValues(\.shape)
        let wanted = try Self.golden().parameters.filter { $0.name.hasPrefix("features.") }.map { ($0.name, $0.shape) }
        let kept = ["fc.weight": [5, 512], "fc.bias": [5]]
        #expect(renamed == Dictionary(uniqueKeysWithValues: wanted).merging(kept) { $1 })
    }
}

/// `Tests/Golden/proximity/network.json`.
private struct GoldenNetwork: Decodable {
    struct Input: Decodable {
        let shape: [Int]
        let stream: String
        let scale: Float
    }

    struct Size: Decodable {
        let slices: Int
        let height: Int
        let width: Int
        let embedding: Int
        let classes: Int
        let total: Int
        let fc: [String: [Int]]
    }

    let embedding_size: Int
    let classes: Int
    let input: Input
    let embedding: [[Double]]
    let logits: [[Double]]
    let total: Int
    let parameters: [Golden.Parameter]
    let counted: [Size]

    var recipe: ModelRecipe {
        ModelRecipe(
            architecture: "proximity100x100", classes: self.classes, imageHeight: self.input.shape[3],
            imageWidth: self.input.shape[4], embedding: EmbeddingHead(length: self.embedding_size, labels: self.classes),
            slices: self.input.shape[1])
    }
}
