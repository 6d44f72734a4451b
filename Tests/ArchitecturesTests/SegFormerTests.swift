import Architectures
import Foundation
import Graph
import TestSupport
import Testing

/// What SegFormer has beside its logits: names of its weights in other files, and what only training does.
@Suite struct SegFormerTests {
    private struct Names: Decodable {
        let published: [String]
        let legacy: [String]
        let nvlabs: [String]
    }

    private static func names() throws -> Names {
        let file = GoldenArchitectureTests.folder.deletingLastPathComponent().appendingPathComponent("names/segformer_b0.json")
        return try JSONDecoder().decode(Names.self, from: Data(contentsOf: file))
    }

    /// A small tensor for each name, whose values tell whose it is.
    private static func tensors(_ names: [String]) -> [String: Tensor] {
        Dictionary(uniqueKeysWithValues: names.map { ($0, GoldenGenerator.uniform($0, shape: [2, 3], scale: 1)) })
    }

    private static func vector(_ values: [Float]) -> Tensor { Tensor(values, shape: [values.count]) }

    /// A file with those names; tensors of one name are joined in their order.
    private static func file(_ names: [String], of published: [String], prefix: String = "") -> [String: Tensor] {
        let tensors = self.tensors(published)
        var rows: [String: [Float]] = [:]
        for (name, original) in zip(names, published) {
            rows[prefix + name, default: []] += tensors[original]?.array(of: Float.self) ?? []
        }
        return rows.mapValues { Tensor($0, shape: [$0.count / 3, 3]) }
    }

    @Test func weightsOfEveryFamilyAreFound() throws {
        let names = try Self.names()
        let network = SegFormer(.b0, classes: 3)
        let wanted = Set(
            try ModelRecipe(architecture: "segformer_b0", classes: 3, imageSize: 32).graph(batch: 1, mode: .inference)
                .parameters.map(\.name))
        #expect(wanted == Set(names.published))
        #expect(Set(names.nvlabs).count < names.published.count)
        let expected = Self.tensors(names.published).mapValues { $0.array(of: Float.self) }
        // The backbone alone has no prefix in NVlabs' files.
        let bare = names.nvlabs.map { $0.hasPrefix("backbone.") ? String($0.dropFirst("backbone.".count)) : $0 }
        for (family, prefix) in [
            (names.published, ""), (names.legacy, ""), (names.nvlabs, ""), (bare, ""), (names.legacy, "module."),
        ] {
            let renamed = network.renamed(Self.file(family, of: names.published, prefix: prefix))
            let found = renamed.mapValues { $0.array(of: Float.self) }
            #expect(found == expected, "\(prefix)\(family[10])")
        }
    }

    @Test func otherWeightsKeepTheirNames() {
        let others = [
            "classifier.weight", "head.bias", "block5.0.norm1.weight", "decode_head.conv_seg.weight", "norm1", "backbone",
        ]
        let network = SegFormer(.b0, classes: 3)
        #expect(Set(network.renamed(Self.tensors(others)).keys) == Set(others))
        // Three rows are not those of keys and values.
        let odd = ["block1.0.attn.kv.bias": Self.vector([1, 2, 3])]
        #expect(network.renamed(odd).keys.sorted() == ["block1.0.attn.kv.bias"])
        // What is there under its own name is not replaced.
        let twice = [
            "segformer.stages.0.layer_norm.bias": Self.vector([1]), "norm1.bias": Self.vector([2]),
        ]
        #expect(network.renamed(twice)["segformer.stages.0.layer_norm.bias"]?.array(of: Float.self) == [1])
    }

    @Test(arguments: SegFormer.Size.allCases) func totalsAreThePublished(_ size: SegFormer.Size) throws {
        // Without the head; as transformers counts them.
        let totals: [SegFormer.Size: Int] = [
            .b0: 3_319_392, .b1: 13_151_424, .b2: 24_196_288, .b3: 44_072_128, .b4: 60_842_688, .b5: 81_443_008,
        ]
        let parameters = try ModelRecipe(architecture: size.rawValue, classes: 1, imageSize: 64).graph(batch: 1, mode: .inference)
            .parameters
        let encoder = parameters.filter { $0.role != .buffer && $0.name.hasPrefix("segformer.") }
        #expect(encoder.map { $0.shape.reduce(1, *) }.reduce(0, +) == totals[size])
        #expect(parameters.allSatisfy { $0.name.hasPrefix("segformer.") || $0.name.hasPrefix("decode_head.") })
    }

    /// Both branches of a block drop with the ratio that transformers gives it; the head's dropout comes last.
    @Test func dropsWhatTransformersDrops() throws {
        let golden = try Golden(GoldenArchitectureTests.folder.appendingPathComponent("segformer_b0.json"))
        let recipe = ModelRecipe(architecture: "segformer_b0", classes: 1, imageSize: 32)
        let graph = try recipe.graph(batch: 2, mode: .training).graph
        let ratios = graph.nodes.compactMap { ($0.op as? DropoutTraining)?.ratio }
        let expected = golden.dropPath.filter { $0 > 0 }.flatMap { [$0, $0] } + [0.1]
        #expect(ratios.count == expected.count)
        for (ratio, wanted) in zip(ratios, expected) { #expect(abs(Double(ratio) - wanted) < 1e-7) }
        let streams = graph.nodes.compactMap { ($0.op as? DropoutTraining)?.stream }
        #expect(Set(streams).count == streams.count)
        #expect(try recipe.graph(batch: 2, mode: .inference).graph.nodes.allSatisfy { !($0.op is DropoutTraining) })
    }

    @Test func takesSidesThatAreMultiplesOf32() throws {
        let shape = ModelRecipe(architecture: "segformer_b0", classes: 2, imageHeight: 64, imageWidth: 48)
        #expect(throws: GraphError.self) { _ = try shape.graph(batch: 1, mode: .inference) }
    }

    @Test func adaptersSitOnTheNamedProjections() throws {
        let lora = LoRAConfiguration(rank: 4, alpha: 8, dropout: 0, targets: ["q_proj", "v_proj"])
        let parameters = try ModelRecipe(architecture: "segformer_b0", classes: 1, imageSize: 32, lora: lora)
            .graph(batch: 1, mode: .inference).parameters
        let adapters = parameters.filter { $0.role == .adapter }
        // Two matrices of each of two projections in eight blocks.
        #expect(adapters.count == 32)
        #expect(adapters.allSatisfy { $0.name.contains(".attention.q_proj.") || $0.name.contains(".attention.v_proj.") })
    }
}
