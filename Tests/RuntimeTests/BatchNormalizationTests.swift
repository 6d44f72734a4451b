import Graph
import Kernels
import Runtime
import TestSupport
import Testing

/// Batch normalisation behind convolutions of foreign models.
@Suite struct BatchNormalizationTests {
    /// Transposed convolutions keep the outputs of a group together.
    @Test(arguments: [1, 2, 3], [ChannelLayout.first, .last])
    func transposedConvolutionsTakeIt(_ groups: Int, _ layout: ChannelLayout) throws {
        var graph = Graph()
        let x = graph.float("x", layout.join(batch: 2, channels: 6, spatial: [4, 3]))
        let up = ConvTranspose(window: Window(stride: 2, groups: groups), layout: layout)
        let y = try graph.apply(up, x, graph.weight("w", [6, 2, 2, 3]), graph.weight("b", [2 * groups]), name: "up")
        let statistics = [("scale", Float(0.5)...2), ("bias", -1...1), ("mean", -1...1), ("variance", 0.1...3)].map {
            graph.weight($0.0, [2 * groups], in: $0.1)
        }
        graph.output("y", try graph.append(BatchNormalization(epsilon: 1e-3, layout: layout), [y] + statistics, name: "norm")[0])
        let folded = try graph.running([.foldBatchNormalization])
        #expect(folded.nodes.map(\.op.name) == ["ConvTranspose"] && folded.nodes.map(\.name) == ["norm"])
        let bindings = ["x": PassCase.weights(graph[x].type.shape, seed: 8)]
        let before = try #require(try GraphEvaluator(implementation: "reference").run(graph, bindings)["y"])
        let after = try #require(try GraphEvaluator(implementation: "reference").run(folded, bindings)["y"])
        #expect(Tolerance(absolute: 1e-6, relative: 2e-6).mismatch(after.doubles, before.doubles, "y") == nil)
    }

    /// Weights and bias are the double-precision values, rounded once.
    @Test func weightsAreRoundedOnce() throws {
        var graph = Graph()
        let w = PassCase.weights([3, 2, 1, 1], seed: 4)
        let y = try graph.apply(
            Conv(window: Window()), graph.float("x", [1, 2, 2, 2]), graph.constant(w, name: "w"), name: "conv")
        graph.output("y", try graph.normalized(y, channels: 3, name: "norm"))
        func vector(_ name: String) throws -> [Double] {
            try #require(graph.values.first { $0.name == name }?.constant?.doubles)
        }
        let (scale, bias, mean) = (try vector("norm.scale"), try vector("norm.bias"), try vector("norm.mean"))
        let slopes = zip(scale, try vector("norm.variance")).map { $0 / ($1 + Double(Float(1e-3))).squareRoot() }
        let node = try #require(try graph.running([.foldBatchNormalization]).nodes.first)
        let folded = try graph.running([.foldBatchNormalization])
        let weights = try #require(node.inputs[1].flatMap { folded[$0].constant })
        let shifts = try #require(node.inputs[2].flatMap { folded[$0].constant })
        let wanted: [Float] = w.doubles.indices.map { index in Float(w.doubles[index] * slopes[index / 2]) }
        #expect(weights.array(of: Float.self) == wanted)
        let wantedShifts: [Float] = (0..<3).map { (channel: Int) -> Float in
            let shift: Double = (0 - mean[channel]) * slopes[channel]
            return Float(shift + bias[channel])
        }
        #expect(shifts.array(of: Float.self) == wantedShifts)
    }

    /// A variance of -epsilon has an infinite slope; half precision is widened first; an unknown scale is not folded.
    @Test func whatCannotBeFoldedStays() throws {
        var graph = Graph()
        let y = try graph.apply(Conv(window: Window()), graph.float("x", [1, 2, 2, 2]), graph.weight("w", [2, 2, 1, 1]))
        let vector = graph.weight("vector", [2])
        let zero = graph.constant(Tensor([Float(0), 0], shape: [2]), name: "zero")
        let steep = try graph.append(BatchNormalization(epsilon: 0), [y, vector, vector, vector, zero])[0]
        graph.output("steep", steep)
        let half = try graph.apply(
            Conv(window: Window()), graph.input("half", TensorType(.float16, [1, 2, 2, 2])),
            graph.constant(Tensor(zeros: TensorType(.float16, [2, 2, 1, 1])), name: "v"))
        let flat = graph.constant(Tensor(zeros: TensorType(.float16, [2])), name: "flat")
        graph.output("coarse", try graph.append(BatchNormalization(), [half, flat, flat, flat, flat])[0])
        let free = try graph.apply(Conv(window: Window()), graph.float("z", [1, 2, 2, 2]), graph.weight("u", [2, 2, 1, 1]))
        graph.output(
            "free", try graph.append(BatchNormalization(), [free, graph.float("scale", [2]), vector, vector, vector])[0])
        #expect(try graph.running([.foldBatchNormalization]).description == graph.description)
    }
}
