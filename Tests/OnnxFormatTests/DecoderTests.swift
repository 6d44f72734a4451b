import COnnxCheck
import Foundation
import Graph
import OnnxFormat
import Testing

/// Operators of decoders and embeddings, written and read again.
@Suite struct DecoderTests {
    private static let operators = RoundTripTests.operators + [ConvTranspose.self, Resize.self, Clip.self, ReduceL2.self]

    /// A map made larger in three ways, its channels normalised.
    private static func decoder() throws -> (graph: Graph, weights: [String: Tensor]) {
        var graph = Graph()
        let x = graph.input("input", TensorType(.float32, [2, 4, 5, 3]))
        let w = graph.parameter("up.weight", TensorType(.float32, [4, 6, 3, 3]))
        let b = graph.parameter("up.bias", TensorType(.float32, [6]))
        let window = Window(strides: [2, 2], padsBefore: [1, 0], padsAfter: [1, 1])
        let up = try graph.apply(ConvTranspose(window: window, outputPadding: [1, 0]), x, w, b, name: "up")
        let wide = try graph.apply(Resize(.sizes([11, 13])), up, name: "wide")
        let twice = try graph.apply(
            Resize(.scales([2, 2]), mode: .nearest, coordinates: .asymmetric, rounding: .floor), wide, name: "twice")
        let last = Resize(.sizes([7, 31]), coordinates: .alignCorners, layout: .last)
        let turned = try graph.apply(Transpose(permutation: [0, 2, 3, 1]), twice, name: "turn")
        let resized = try graph.apply(last, turned, name: "last")
        graph.output("embedding", try graph.apply(LpNormalization(axis: 3), resized, name: "normal"))
        return (graph, ["up.weight": RoundTripTests.weight([4, 6, 3, 3], 1), "up.bias": RoundTripTests.weight([6], 2)])
    }

    @Test(arguments: [13, 17, 18, 20]) func decodersComeBack(opset: Int) throws {
        let root = try TemporaryDirectory()
        let (graph, weights) = try Self.decoder()
        let written = try OnnxWriter.write(graph: graph, opset: opset, symbolicBatch: "n", weights: weights, to: root.path)
        if opset <= 17 {
            let answer = WriterTests.check(written.modelPath)
            #expect(answer.status == OC_VALID, "\(answer.message)")
        }
        let model = try OnnxFile.read(written.modelPath)
        for batch in [2, 5] {
            let again = try model.graph(binding: ["n": batch], operators: Self.operators)
            #expect(again[again.outputs[0].value].type.shape == [batch, 7, 31, 6])
            let resized = again.nodes.compactMap { $0.op as? Resize }
            #expect(resized.map(\.mode) == [.linear, .nearest, .linear])
            #expect(resized.map(\.coordinates) == [.halfPixel, .asymmetric, .alignCorners])
            #expect(resized[1].rounding == .floor && resized[1].target == .scales([2, 2]))
            // Before opset 18 sizes would hold the batch's, so scales stand for them.
            #expect((resized[0].target == .sizes([11, 13])) == (opset >= 18))
            let up = try #require(again.nodes.compactMap { $0.op as? ConvTranspose }.first)
            #expect(up.window == Window(strides: [2, 2], padsBefore: [1, 0], padsAfter: [1, 1]) && up.outputPadding == [1, 0])
        }
    }
}
