import Graph
import Kernels
import TestSupport
import Testing
import TrainingKernels

@Suite struct DropoutTests {
    private static func seed(_ seed: Int64, _ step: Int64) -> Tensor { Tensor([seed, step], shape: [2]) }

    static let cases: [OperatorCase] = [
        OperatorCase(
            "tail", DropoutTraining(ratio: 0.3, stream: 4), [TensorType(.float32, [7, 11]), TensorType(.int64, [2])],
            fixed: [1: seed(-77, 3)], differentiable: [0], tolerance: .exact),
        OperatorCase(
            "none", DropoutTraining(ratio: 0, stream: 0), [TensorType(.float32, [40]), TensorType(.int64, [2])],
            fixed: [1: seed(1, 0)], differentiable: [0], tolerance: .exact),
        OperatorCase(
            "stochastic depth", DropoutTraining(ratio: 0.5, stream: 1),
            [TensorType(.float32, [6, 1, 1]), TensorType(.int64, [2])],
            fixed: [1: seed(5, 9)], differentiable: [0], tolerance: .exact),
    ]

    @Test(arguments: cases) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: cases) func gradientMatches(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase) == nil)
    }

    @Test func gradientKernelMatchesReference() throws {
        let testCase = OperatorCase(
            "tail", DropoutGradient(ratio: 0.3), [TensorType(.float32, [77]), TensorType(.bool, [77])])
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test func keepsTheRightShare() throws {
        let ones = Tensor([Float](repeating: 1, count: 100_000), shape: [100_000])
        func mask(_ seed: Tensor, stream: Int) throws -> [Double] {
            try GraphEvaluator().run(DropoutTraining(ratio: 0.2, stream: stream), [ones, seed])[1].doubles
        }
        let first = try mask(Self.seed(1, 0), stream: 0)
        // Five standard deviations of a fair draw.
        #expect(abs(first.reduce(0, +) - 80_000) < 650)
        #expect(try first == mask(Self.seed(1, 0), stream: 0))
        for other in [
            try mask(Self.seed(2, 0), stream: 0), try mask(Self.seed(1, 1), stream: 0), try mask(Self.seed(1, 0), stream: 1),
        ] {
            let agreement = zip(first, other).count { $0 == $1 }
            #expect(abs(agreement - 68_000) < 750)
        }
    }

    @Test func doesNotDependOnThreads() throws {
        let ones = Tensor([Float](repeating: 1, count: 200_001), shape: [200_001])
        setThreadCount(1)
        let one = try GraphEvaluator().run(DropoutTraining(ratio: 0.5, stream: 2), [ones, Self.seed(3, 4)])
        setThreadCount(3)
        let three = try GraphEvaluator().run(DropoutTraining(ratio: 0.5, stream: 2), [ones, Self.seed(3, 4)])
        setThreadCount(2)
        #expect(one[0].doubles == three[0].doubles && one[1].doubles == three[1].doubles)
    }

    @Test func ratioIsChecked() {
        let types = [TensorType(.float32, [2]), TensorType(.int64, [2])]
        #expect(throws: GraphError.self) { try DropoutTraining(ratio: 1, stream: 0).outputTypes(types) }
        #expect(throws: GraphError.self) { try DropoutTraining(ratio: .nan, stream: 0).outputTypes(types) }
    }
}
