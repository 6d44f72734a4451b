import Graph
import Kernels
import TestSupport
import Testing

/// Attention of bfloat16 operands with biases, against the reference, which does not round weights.
@Suite struct BFloat16AttentionTests {
    /// q, k and v are bfloat16, biases float32.
    private static func problem(
        _ name: String, scale: Float? = nil, _ types: [TensorType?], range: ClosedRange<Float> = -1...1,
        fixed: [Int: Tensor] = [:]
    ) -> OperatorCase {
        let narrow = types.enumerated().map { index, type in
            index < 3 ? type.map { TensorType(.bfloat16, $0.shape) } : type
        }
        // A weight is rounded by at most 1/512 and a value is at most 2; then the sum is rounded to a neighbour.
        return OperatorCase(
            name, ScaledDotProductAttention(scale: scale), narrow, range: range, fixed: fixed, differentiable: [],
            tolerance: Tolerance(absolute: 6e-3, relative: 1.0 / 128))
    }

    private static func grid(_ rows: Int, _ columns: Int, queries: Int) -> [TensorType?] {
        [nil, TensorType(.float32, [1, 2, queries, rows]), TensorType(.float32, [1, 2, queries, columns])]
    }

    private typealias Wide = ScaledDotProductAttentionTests

    static let cases = [
        problem("odd sizes", Wide.types(1, 2, 37, 301, 33, 41)),
        problem("several blocks with a mask", Wide.types(1, 2, 100, 600, 32, 32, mask: [1, 2, 100, 600]), range: -2...2),
        problem("mask of the queries", Wide.types(1, 2, 13, 40, 16, 8, mask: [1, 1, 13, 1])),
        problem("padding", Wide.types(2, 1, 3, 6, 4, 4, mask: [1, 1, 1, 6]), fixed: [3: Wide.padding]),
        problem("windows", Wide.types(1, 2, 50, 196, 32, 32) + grid(14, 14, queries: 50), range: -2...2),
        problem("a grid of several blocks", Wide.types(1, 2, 30, 1024, 16, 16) + grid(16, 64, queries: 30), range: -2...2),
        problem("uneven grid", Wide.types(1, 2, 30, 301, 16, 16) + grid(7, 43, queries: 30)),
        problem("negative scale and grid", scale: -0.5, Wide.types(1, 2, 9, 60, 8, 8) + grid(6, 10, queries: 9)),
        problem("no scale but a mask", scale: 0, Wide.types(1, 2, 9, 60, 8, 8, mask: [9, 60])),
        problem("scale without a reciprocal", scale: 0x1p-130, Wide.types(1, 2, 9, 60, 8, 8, mask: [9, 60])),
    ]

    @Test(.enabled(if: computesInBFloat16()), arguments: cases)
    func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    /// Of a query that is not a number nothing is left, whatever the scale; the others keep their results.
    @Test(.enabled(if: computesInBFloat16()), arguments: [0, 0x1p-130, 0.5] as [Float]) func notANumberStays(scale: Float) throws
    {
        let testCase = Self.problem("NaN", scale: scale, Wide.types(1, 1, 14, 20, 8, 8, mask: [14, 20]))
        let clean = try GraphEvaluator(implementation: "tiled").run(testCase.op, testCase.tensors(seed: 9))[0].doubles
        let inputs = testCase.tensors(seed: 9)
        let q = try #require(inputs[0])
        ElementAccess(.bfloat16).store(.nan, q.rawPointer, 5 * 8 + 3)
        let result = try GraphEvaluator(implementation: "tiled").run(testCase.op, inputs)[0].doubles
        for (index, value) in result.enumerated() {
            #expect(index / 8 == 5 ? value.isNaN : value == clean[index], "element \(index)")
        }
    }
}
