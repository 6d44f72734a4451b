import Graph
import Kernels
import TestSupport
import Testing
import TrainingKernels

struct SoftmaxCrossEntropyTests {
    static let labels = Tensor([Int64(0), 4, 2, 1, 4, 3], shape: [6])
    /// The last label is no class, but its sample does not count.
    static let padded = Tensor([Int64(0), 4, 2, 1, 4, -7], shape: [6])
    static let mask = Tensor([Float(1), 1, 0, 1, 1, 0], shape: [6])

    static func problem(
        _ name: String, smoothing: Float = 0, weights: Bool = false, mask: Bool = false, range: ClosedRange<Float> = -2...2
    ) -> OperatorCase {
        var types: [TensorType?] = [TensorType(.float32, [6, 5]), TensorType(.int64, [6])]
        if weights || mask { types.append(weights ? TensorType(.float32, [5]) : nil) }
        if mask { types.append(TensorType(.float32, [6])) }
        return OperatorCase(
            name, SoftmaxCrossEntropy(labelSmoothing: smoothing), types, ranges: [range, 0...0, 0.5...2, 1...1],
            fixed: mask ? [1: Self.padded, 3: Self.mask] : [1: Self.labels], differentiable: [0])
    }

    static let cases = [
        problem("plain"), problem("weighted", weights: true), problem("smoothed", smoothing: 0.1),
        problem("weighted and smoothed", smoothing: 0.3, weights: true), problem("masked", mask: true),
        problem("everything", smoothing: 0.2, weights: true, mask: true),
    ]

    @Test(arguments: cases) func gradientMatchesFiniteDifferences(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase) == nil)
    }

    @Test(arguments: try TorchGolden.load("CrossEntropy")) func matchesTorch(_ golden: TorchGolden) throws {
        let op = SoftmaxCrossEntropy(labelSmoothing: Float(golden.attributes["label_smoothing"] ?? 0))
        let labels = try #require(golden.input("labels"))
        let counts = labels.array(of: Int64.self).map { Float($0 == -1 ? 0 : 1) }
        let inputs = [golden.input("logits"), labels, golden.input("weights"), Tensor(counts, shape: labels.shape)]
        let loss = try GraphEvaluator().run(op, inputs)[0]
        #expect(Tolerance.golden.mismatch(loss.doubles, golden.outputs[0].tensor.doubles, "\(golden)") == nil)
        let upstream = try #require(golden.outputs[0].upstream)
        let gradient = try GraphEvaluator().run(SoftmaxCrossEntropyGradient(forward: op), [upstream] + inputs)[0]
        let expected = try #require(golden.inputs[0].gradient)
        #expect(Tolerance.golden.mismatch(gradient.doubles, expected.doubles, "\(golden), gradient") == nil)
    }

    @Test(arguments: [Int64(-1), 5, .min, .max]) func labelOutsideTheClassesIsAnError(_ label: Int64) throws {
        let logits = Tensor(zeros: TensorType(.float32, [2, 5]))
        let labels = Tensor([Int64(0), label], shape: [2])
        do {
            _ = try GraphEvaluator().run(SoftmaxCrossEntropy(), [logits, labels])
            Issue.record("no error")
        } catch let error as KernelError {
            #expect(error.code == .outOfRange)
            #expect(error.message.contains("sample 1"))
        }
        let one = Tensor([Float(1)], shape: [])
        #expect(throws: KernelError.self) {
            try GraphEvaluator().run(SoftmaxCrossEntropyGradient(forward: SoftmaxCrossEntropy()), [one, logits, labels])
        }
    }

    @Test func nothingThatCountsIsNotANumber() throws {
        let logits = Tensor(zeros: TensorType(.float32, [1, 3]))
        let inputs = [logits, Tensor([Int64(0)], shape: [1]), nil, Tensor([Float(0)], shape: [1])]
        #expect(try GraphEvaluator().run(SoftmaxCrossEntropy(), inputs)[0].doubles[0].isNaN)
    }

    @Test func wrongTypesAreRefused() {
        let logits = TensorType(.float32, [6, 5])
        let labels = TensorType(.int64, [6])
        #expect(throws: GraphError.self) { try SoftmaxCrossEntropy().outputTypes([logits, TensorType(.int64, [5])]) }
        #expect(throws: GraphError.self) { try SoftmaxCrossEntropy().outputTypes([logits, TensorType(.int32, [6])]) }
        #expect(throws: GraphError.self) { try SoftmaxCrossEntropy().outputTypes([logits, labels, TensorType(.float32, [6])]) }
        let mask = TensorType(.float32, [5])
        #expect(throws: GraphError.self) { try SoftmaxCrossEntropy().outputTypes([logits, labels, nil, mask]) }
        #expect(throws: GraphError.self) { try SoftmaxCrossEntropy(labelSmoothing: 1.5).outputTypes([logits, labels]) }
    }
}
