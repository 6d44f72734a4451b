import Graph
import TestSupport
import Testing

@Suite struct FusedMatMulTests {
    private static func type(_ shape: Int...) -> TensorType { TensorType(.float32, shape) }

    static let cases: [OperatorCase] =
        [
            OperatorCase("plain", FusedMatMul(), [type(3, 5), type(5, 4)]),
            OperatorCase("bias", FusedMatMul(), [type(2, 3, 5), type(5, 4), type(4)]),
            OperatorCase("residual", FusedMatMul(), [type(2, 3, 5), type(5, 4), nil, type(2, 3, 4)]),
            OperatorCase(
                "transposed weights, bias, residual", FusedMatMul(transposeB: true),
                [type(2, 3, 5), type(4, 5), type(4), type(2, 3, 4)]),
            OperatorCase("attention scores", FusedMatMul(transposeB: true, alpha: 0.125), [type(2, 2, 7, 8), type(2, 2, 7, 8)]),
            OperatorCase("transposed batch", FusedMatMul(transposeA: true, transposeB: true), [type(2, 5, 3), type(2, 4, 5)]),
            OperatorCase("transposed a shared by a batch", FusedMatMul(transposeA: true), [type(5, 3), type(2, 5, 4)]),
            OperatorCase("transposed batch of a, one b", FusedMatMul(transposeA: true), [type(2, 5, 3), type(5, 4)]),
            OperatorCase(
                "several panels", FusedMatMul(transposeB: true, activation: .gelu),
                [type(3, 67, 40), type(1030, 40), type(1030), type(3, 67, 1030)]),
            OperatorCase(
                "several panels of few rows", FusedMatMul(activation: .relu), [type(17, 40), type(40, 2900), type(2900)]),
        ]
        + FusedActivation.allCases.map { activation in
            // Wide enough for both tails of every activation.
            OperatorCase(
                "\(activation) of tails", FusedMatMul(alpha: 6, activation: activation),
                [type(9, 5), type(5, 33), type(33), type(9, 33)])
        }

    @Test(arguments: cases) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    /// What the operator says it is in standard operators computes the same.
    @Test(arguments: cases) func loweringComputesTheSame(_ testCase: OperatorCase) throws {
        #expect(try LoweringCheck.mismatch(testCase) == nil)
    }

    @Test(arguments: [
        [[3, 5], [4, 5]], [[5], [5, 4]], [[3, 5], [5, 4], [3]], [[3, 5], [5, 4], [4], [4, 3]],
    ]) func rejectsShapes(_ shapes: [[Int]]) {
        #expect(throws: GraphError.self) { try FusedMatMul().outputTypes(shapes.map { TensorType(.float32, $0) }) }
    }
}
