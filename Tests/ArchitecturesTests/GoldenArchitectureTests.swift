import Architectures
import Foundation
import Graph
import Kernels
import Runtime
import TestSupport
import Testing

/// Names, shapes, totals and logits of models as timm, segmentation_models_pytorch and transformers publish them.
@Suite struct GoldenArchitectureTests {
    static let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Golden/architectures")

    /// The golden models that are built here, with the recipe that builds them.
    static func recipe(_ golden: Golden) -> ModelRecipe? {
        let name = golden.architecture.replacingOccurrences(of: "_224", with: "")
        guard ArchitectureTable.names.contains(name), golden.isSquare || !name.hasPrefix("vit"), golden.classes > 0 else {
            return nil
        }
        let lora = golden.lora.map { LoRAConfiguration(rank: $0.r, alpha: $0.alpha, dropout: 0, targets: $0.targets ?? ["qkv"]) }
        return ModelRecipe(
            architecture: name, classes: golden.classes, imageSize: golden.side,
            globalPool: golden.arguments["global_pool"] == "avg",
            lora: lora)
    }

    @Test(arguments: names ?? []) func parametersEqualThePublished(_ name: String) throws {
        let golden = try Golden(Self.folder.appendingPathComponent("\(name).json"))
        guard let recipe = Self.recipe(golden) else {
            print("skipped: \(name) has an architecture that is not built here")
            return
        }
        let parameters = try recipe.graph(batch: 2, mode: .inference).parameters
        let ours = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.shape) })
        let theirs = Dictionary(uniqueKeysWithValues: golden.parameters.map { ($0.name, $0.shape) })
        #expect(ours == theirs, "\(name): names and shapes")
        let adapters = parameters.filter { $0.role == .adapter }.map { $0.shape.reduce(1, *) }.reduce(0, +)
        let total = parameters.filter { $0.role != .buffer }.map { $0.shape.reduce(1, *) }.reduce(0, +)
        #expect(total - adapters == golden.total && adapters == golden.adapterTotal)
    }

    @Test(arguments: names ?? []) func logitsEqualThePublished(_ name: String) throws {
        let golden = try Golden(Self.folder.appendingPathComponent("\(name).json"))
        guard let recipe = Self.recipe(golden), let expected = golden.logits, let input = golden.input else {
            print("skipped: \(name) has no logits here")
            return
        }
        var model = ModelBuilder(mode: .inference, adapters: recipe.lora)
        let image = model.graph.input("input", TensorType(.float32, input.shape))
        let logits = try recipe.make().build(&model, image)
        model.graph.output("output", logits)
        var tensors: [String: Tensor] = [:]
        for parameter in golden.parameters {
            tensors[parameter.name] = GoldenGenerator.uniform(
                parameter.name, shape: parameter.shape, scale: parameter.scale, offset: parameter.offset)
        }
        let graph = try model.graph.running([.channelsLast, .fuseMatMul])
        let plan = try Plan(graph, parameters: tensors, packs: PackStore(), options: Plan.Options(threads: 2))
        let picture = GoldenGenerator.uniform(input.stream, shape: input.shape, scale: input.scale)
        let actual = try ComputeThread(threads: 2).runAndWait {
            try plan.setInput("input", picture)
            try plan.run()
            return try plan.output("output").copied()
        }
        let largest = expected.joined().map(abs).max() ?? 1
        let tolerance = Tolerance(absolute: 1e-5 * largest, relative: 1e-5)
        #expect(golden.logitsShape == nil || actual.shape == golden.logitsShape)
        // Long rows are stored in part: their beginning, or of a map every so many.
        let length = actual.type.elementCount / input.shape[0]
        let all = actual.doubles
        let rows = zip(0..., expected).flatMap { row, values in
            values.indices.map { all[row * length + $0 * golden.logitsStride] }
        }
        #expect(tolerance.mismatch(rows, Array(expected.joined()), name) == nil)
    }
}

/// One file of `Tests/Golden/architectures`.
struct Golden {
    struct Parameter: Decodable {
        let name: String
        let shape: [Int]
        let scale: Float
        let offset: Float
    }

    struct Input: Decodable {
        let shape: [Int]
        let stream: String
        let scale: Float
    }

    struct LoRA: Decodable {
        let r: Int
        let alpha: Float
        let targets: [String]?
    }

    let architecture: String
    let arguments: [String: String]
    let parameters: [Parameter]
    let input: Input?
    let logits: [[Double]]?
    /// The whole output's shape, where the logits are a map.
    let logitsShape: [Int]?
    /// The distance between the logits that are stored.
    let logitsStride: Int
    /// The ratios of the drop paths, in order.
    let dropPath: [Double]
    /// Parameters without buffers and adapters.
    let total: Int?
    let adapterTotal: Int?
    let lora: LoRA?

    init(_ file: URL) throws {
        let data = try Data(contentsOf: file)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let decoder = JSONDecoder()
        func decode<Value: Decodable>(_ type: Value.Type, _ key: String) throws -> Value? {
            guard let value = object[key], !(value is NSNull) else { return nil }
            return try decoder.decode(type, from: try JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed))
        }
        self.architecture = try #require(object["architecture"] as? String)
        self.arguments = (object["arguments"] as? [String: Any] ?? [:]).mapValues { "\($0)" }
        self.parameters = try decode([Parameter].self, "parameters") ?? []
        self.input = try decode(Input.self, "input")
        self.logits = try decode([[Double]].self, "logits")
        self.logitsShape = object["logits_shape"] as? [Int]
        self.logitsStride = object["logits_stride"] as? Int ?? 1
        self.dropPath = object["drop_path"] as? [Double] ?? []
        self.total = object["total"] as? Int
        self.adapterTotal = object["adapter_total"] as? Int
        self.lora = try decode(LoRA.self, "lora")
    }

    var classes: Int { Int(self.arguments["num_classes"] ?? "1000") ?? 1000 }

    var side: Int {
        if let input = self.input { return input.shape[2] }
        return Int(self.arguments["img_size"] ?? "224") ?? 224
    }

    var isSquare: Bool { self.input.map { $0.shape[2] == $0.shape[3] } ?? true }
}
