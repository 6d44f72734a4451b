import Graph
import Kernels
import TestSupport
import Testing

/// Operators that ONNX does not have, or not in every opset, against the standard operators they are written as.
struct RowsLoweringTests {
    static let cases: [(OperatorCase, Int)] = [
        (LayerNormalizationTests.cases[0], 16), (LayerNormalizationTests.cases[2], 13), (LayerNormalizationTests.cases[3], 13),
        (LayerNormalizationTests.cases[4], 13),
        (OperatorCase("not the last axis", Softmax(axis: 1), [TensorType(.float32, [2, 3, 4])]), 11),
        (OperatorCase("last axis", Softmax(axis: 2), [TensorType(.float32, [2, 3, 4])]), 11),
        (OperatorCase("not the last axis", LogSoftmax(axis: 0), [TensorType(.float32, [3, 4])]), 11),
        (ScaledDotProductAttentionTests.cases[0], 17), (ScaledDotProductAttentionTests.cases[1], 17),
        (ScaledDotProductAttentionTests.cases[4], 22), (ScaledDotProductAttentionTests.cases[7], 17),
        (ScaledDotProductAttentionTests.arranged[0], 17), (ScaledDotProductAttentionTests.arranged[1], 23),
        (ScaledDotProductAttentionTests.arranged[2], 23),
        (PackedAttentionTests.cases[0], 17), (PackedAttentionTests.cases[1], 23),
    ]

    @Test(arguments: cases) func loweredFormMatches(_ testCase: OperatorCase, _ opset: Int) throws {
        guard case .lowered(let lower) = testCase.op.onnx(opset: opset) else {
            Issue.record("\(testCase) is not lowered in opset \(opset)")
            return
        }
        let inputs = testCase.tensors(seed: 9)
        var graph = Graph()
        let ids = inputs.enumerated().map { index, tensor in tensor.map { graph.input("x\(index)", $0.type) } }
        graph.output("y", try lower(&graph, ids)[0])
        try graph.verify()
        let bindings = Dictionary(
            uniqueKeysWithValues: inputs.enumerated().compactMap { index, tensor in tensor.map { ("x\(index)", $0) } })
        let lowered = try #require(try GraphEvaluator().run(graph, bindings)["y"])
        let expected = try GraphEvaluator(implementation: "reference").run(testCase.op, inputs)[0]
        #expect(lowered.type == expected.type)
        #expect(Tolerance.float32.mismatch(lowered.doubles, expected.doubles, "\(testCase), opset \(opset)") == nil)
    }
}
