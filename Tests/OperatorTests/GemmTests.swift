import Graph
import TestSupport
import Testing

@Suite struct GemmTests {
    private static func type(_ shape: Int...) -> TensorType { TensorType(.float32, shape) }

    static let cases: [OperatorCase] = [
        OperatorCase("plain", Gemm(), [type(3, 5), type(5, 4)]),
        OperatorCase("row addend", Gemm(), [type(3, 5), type(5, 4), type(4)]),
        OperatorCase("factors", Gemm(alpha: 0.5, beta: -2), [type(3, 5), type(5, 4), type(3, 4)]),
        OperatorCase("transposed a, column addend", Gemm(alpha: 1.5, transA: true), [type(5, 3), type(5, 4), type(3, 1)]),
        OperatorCase("transposed b, scalar addend", Gemm(beta: 0.25, transB: true), [type(3, 5), type(4, 5), type()]),
        OperatorCase(
            "both transposed", Gemm(alpha: -1, beta: 3, transA: true, transB: true), [type(5, 3), type(4, 5), type(1, 4)]),
    ]

    static let large: [OperatorCase] =
        [
            OperatorCase(
                "many columns", Gemm(alpha: 0.5, beta: 2, transA: true, transB: true),
                [type(129, 75), type(517, 129), type(75, 1)]),
            OperatorCase("many rows", Gemm(transA: true), [type(65, 301), type(65, 40), type(40)]),
        ]
        + [(false, false), (false, true), (true, false), (true, true)].map { (transA, transB) in
            // More than one block along every side, and a last tile that is not whole.
            OperatorCase(
                "blocks, transposed \(transA) \(transB)", Gemm(alpha: 0.5, transA: transA, transB: transB),
                [transA ? type(530, 251) : type(251, 530), transB ? type(563, 530) : type(530, 563), type(563)])
        }
        + (1...9).map { rows in
            OperatorCase("\(rows) rows", Gemm(), [type(rows, 300), type(300, 49), type(49)])
        }

    @Test(arguments: cases + large) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: cases) func gradientMatchesFiniteDifferences(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase) == nil)
    }

    @Test(arguments: [
        [[3, 5], [4, 5]], [[1, 3, 5], [5, 4]], [[3, 5], [5, 4], [3]], [[3, 5], [5, 4], [2, 3, 4]],
    ]) func rejectsShapes(_ shapes: [[Int]]) {
        #expect(throws: GraphError.self) { try Gemm().outputTypes(shapes.map { TensorType(.float32, $0) }) }
    }
}
