import Exporter
import Graph
import Kernels
import Runtime
import TestSupport
import Testing

/// The exporter's passes on small graphs.
struct PassTests {
    private func run(_ graph: Graph, _ input: Tensor) throws -> Tensor {
        let plan = try Plan(graph, parameters: [:], packs: PackStore(), options: Plan.Options(threads: 1))
        try plan.setInput("input", input)
        try plan.run()
        return try plan.output("output").copied()
    }

    /// `Conv → BatchNormalization`, two groups, with and without bias.
    private func normalized(bias: Bool, _ random: inout SeededRandom) throws -> Graph {
        var graph = Graph()
        let input = graph.input("input", TensorType(.float32, [2, 4, 5, 5]))
        let weight = graph.constant(random.tensor(TensorType(.float32, [6, 2, 3, 3]), in: -1...1), name: "weight")
        let vector = bias ? graph.constant(random.tensor(TensorType(.float32, [6]), in: -1...1), name: "bias") : nil
        let window = Window(strides: [1, 1], dilations: [1, 1], padsBefore: [1, 1], padsAfter: [1, 1], groups: 2)
        let y = try graph.apply(Conv(window: window), input, weight, vector, name: "conv")
        var statistics: [ValueID] = []
        for (name, range) in [("scale", Float(0.5)...2), ("shift", -1...1), ("mean", -1...1), ("variance", 0.1...3)] {
            statistics.append(graph.constant(random.tensor(TensorType(.float32, [6]), in: range), name: name))
        }
        let z = try graph.append(BatchNormalization(epsilon: 1e-3), [y] + statistics, name: "norm")[0]
        graph.output("output", try graph.apply(Relu(), z, name: "relu"))
        return graph
    }

    @Test(arguments: [true, false]) func normalizationMovesIntoTheConvolution(_ bias: Bool) throws {
        var random = SeededRandom(seed: 9)
        let graph = try self.normalized(bias: bias, &random)
        let folded = try graph.running([.foldBatchNormalization])
        #expect(folded.nodes.map(\.name) == ["norm", "relu"])
        #expect(folded.nodes[0].op is Conv)
        let input = random.tensor(TensorType(.float32, [2, 4, 5, 5]), in: -2...2)
        let difference = TensorDifference(expected: try self.run(graph, input), actual: try self.run(folded, input))
        #expect(difference.maxRelative < 1e-6)
        #expect(difference.maxAbsolute.isFinite)
    }

    @Test func convolutionsThatSomethingElseReadsKeepTheirNormalization() throws {
        var random = SeededRandom(seed: 9)
        var graph = try self.normalized(bias: true, &random)
        let convolved = try #require(graph.nodes.first { $0.name == "conv" }).outputs[0]
        graph.output("convolved", convolved)
        #expect(try graph.running([.foldBatchNormalization]).nodes.map(\.name) == ["conv", "norm", "relu"])
    }

    @Test func weightsAreFoldedWhateverTheirSize() throws {
        var random = SeededRandom(seed: 9)
        var graph = Graph()
        let input = graph.input("input", TensorType(.float32, [2, 300]))
        let weight = graph.constant(random.tensor(TensorType(.float32, [1, 300]), in: -1...1), name: "row")
        let wide = try graph.apply(Pad(before: [0, 0], after: [299, 0]), weight, name: "padded")
        let turned = try graph.apply(Transpose(permutation: [1, 0]), wide, name: "turned")
        let product = try graph.apply(MatMul(), input, turned, name: "product")
        graph.output("output", try graph.apply(Identity(), product, name: "same"))
        let folded = try graph.running([.withoutIdentity, .foldWeights])
        #expect(folded.nodes.map(\.name) == ["product"])
        #expect(folded.values.contains { $0.name == "turned" && $0.constant != nil })
        #expect(!folded.values.contains { $0.name == "row" })
        let x = random.tensor(TensorType(.float32, [2, 300]), in: -1...1)
        #expect(TensorDifference(expected: try self.run(graph, x), actual: try self.run(folded, x)).maxRelative < 1e-6)
    }
}
