import Graph
import Kernels
import TestSupport
import Testing
import TrainingKernels

struct LayerNormalizationTests {
    static func types(_ shape: [Int], row: [Int], bias: Bool = true) -> [TensorType?] {
        [TensorType(.float32, shape), TensorType(.float32, row)] + (bias ? [TensorType(.float32, row)] : [])
    }

    static let cases = [
        OperatorCase("tokens", LayerNormalization(epsilon: 1e-6), Self.types([2, 3, 8], row: [8])),
        // 37 is no multiple of any vector, and more than two vectors long.
        OperatorCase("odd width", LayerNormalization(), Self.types([5, 37], row: [37])),
        OperatorCase("without bias", LayerNormalization(axis: 1), Self.types([3, 5], row: [5], bias: false)),
        OperatorCase("two axes", LayerNormalization(axis: 1, epsilon: 1e-3), Self.types([2, 3, 4], row: [3, 4])),
        OperatorCase("axis from the end", LayerNormalization(axis: -2), Self.types([2, 3, 4], row: [3, 4], bias: false)),
    ]

    static let large = [
        OperatorCase("rows for two threads", LayerNormalization(), Self.types([57, 192], row: [192])),
        // A kernel that takes the variance as a difference of squares loses all digits here, one that rounds the mean some.
        OperatorCase(
            "large mean", LayerNormalization(), Self.types([3, 64], row: [64]), ranges: [1000...1001, -1...1, -1...1],
            tolerance: .golden),
    ]

    static let gradients = [false, true].flatMap { parameters in
        [[2, 3, 8], [41, 37], [57, 192], [1, 5]].map { (shape: [Int]) in
            let x = TensorType(.float32, shape)
            return OperatorCase(
                "\(shape) parameters \(parameters)",
                LayerNormalizationGradient(forward: LayerNormalization(epsilon: 1e-4), parameters: parameters),
                [x, TensorType(.float32, [x.shape[x.rank - 1]]), x], tolerance: Tolerance(absolute: 3e-5, relative: 2e-5))
        }
    }

    @Test(arguments: cases + large + gradients) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: cases) func gradientMatchesFiniteDifferences(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase) == nil)
    }

    @Test func wrongShapesAreRefused() {
        let x = TensorType(.float32, [2, 3, 4])
        let row = TensorType(.float32, [4])
        #expect(throws: GraphError.self) { try LayerNormalization().outputTypes([x, TensorType(.float32, [3])]) }
        #expect(throws: GraphError.self) { try LayerNormalization().outputTypes([x, row, TensorType(.float32, [1])]) }
        #expect(throws: GraphError.self) { try LayerNormalization(axis: 3).outputTypes([x, row]) }
        #expect(throws: GraphError.self) { try LayerNormalization().outputTypes([TensorType(.int64, [2, 4]), row]) }
        let gradient = LayerNormalizationGradient(forward: LayerNormalization(), parameters: true)
        #expect(throws: GraphError.self) { try gradient.outputTypes([x, row, row]) }
    }

    /// Output 0 may take over the memory of the inputs that the kernel names.
    @Test func worksInPlace() throws {
        let x = TensorType(.float32, [7, 37])
        let row = TensorType(.float32, [37])
        #expect(try InPlace.mismatch(LayerNormalization(), [x, row, row]) == nil)
        let gradient = LayerNormalizationGradient(forward: LayerNormalization(), parameters: true)
        #expect(try InPlace.mismatch(gradient, [x, row, x]) == nil)
        #expect(try InPlace.mismatch(Softmax(), [x]) == nil)
        #expect(try InPlace.mismatch(Softmax(axis: 0), [x]) == nil)
        #expect(try InPlace.mismatch(LogSoftmax(), [x]) == nil)
        #expect(try InPlace.mismatch(LogSoftmax(axis: 0), [x]) == nil)
        #expect(try InPlace.mismatch(SoftmaxGradient(forward: Softmax(axis: 0)), [x, x]) == nil)
        #expect(try InPlace.mismatch(LogSoftmaxGradient(forward: LogSoftmax()), [x, x]) == nil)
    }
}
