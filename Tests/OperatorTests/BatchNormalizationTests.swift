import Graph
import TestSupport
import Testing

@Suite struct BatchNormalizationTests {
    /// Inputs x and four vectors; the variance is positive.
    private static func inputs(_ layout: ChannelLayout, _ x: [Int]) -> (types: [TensorType], ranges: [ClosedRange<Float>]) {
        let shape = x.count == 2 ? x : layout.join(batch: x[0], channels: x[1], spatial: Array(x.dropFirst(2)))
        let vector = TensorType(.float32, [x[1]])
        return ([TensorType(.float32, shape), vector, vector, vector, vector], [-2...3, 0.5...2, -1...1, -1...1, 0.5...2])
    }

    private static let shapes = [[4, 3], [2, 3, 5], [2, 3, 4, 3], [2, 2, 2, 3, 2]]

    static let cases: [OperatorCase] = [ChannelLayout.first, .last].flatMap { layout in
        shapes.map { shape in
            let (types, ranges) = inputs(layout, shape)
            return OperatorCase(
                "\(shape), channels \(layout)", BatchNormalization(epsilon: 0.01, layout: layout), types, ranges: ranges)
        }
    }

    static let training: [OperatorCase] = [ChannelLayout.first, .last].flatMap { layout in
        shapes.map { shape in
            let (types, ranges) = inputs(layout, shape)
            return OperatorCase(
                "\(shape), channels \(layout)", BatchNormalizationTraining(epsilon: 0.01, momentum: 0.3, layout: layout), types,
                ranges: ranges, differentiable: [0, 1, 2])
        }
    }

    static let large: [OperatorCase] = [ChannelLayout.first, .last].flatMap { layout in
        let (types, ranges) = inputs(layout, [3, 37, 17, 19])
        let gradient = BatchNormalizationGradient(layout: layout)
        // A mean far from zero: sums of squares that are not centred lose every digit here.
        let far: [ClosedRange<Float>] = [4000...4001, 0.5...2, -1...1, -1...1, 0.5...2]
        return [
            OperatorCase("large, \(layout)", BatchNormalization(layout: layout), types, ranges: ranges),
            OperatorCase("large, \(layout)", BatchNormalizationTraining(layout: layout), types, ranges: ranges),
            // One unit in the last place of x is 2.4e-4 and the deviation 0.3.
            OperatorCase(
                "far, \(layout)", BatchNormalizationTraining(layout: layout), types, ranges: far,
                tolerance: Tolerance(absolute: 3e-3, relative: 1e-4)),
            OperatorCase(
                "large, \(layout)", gradient, [types[0], types[1], types[2], types[3], types[0]],
                ranges: [-2...3, 0.5...2, -0.5...0.5, 0.5...1.5, -1...1], tolerance: Tolerance(absolute: 1e-4, relative: 2e-5)),
        ]
    }

    @Test(arguments: cases + training + large) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: cases + training) func gradientMatchesFiniteDifferences(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase) == nil)
    }

    @Test(arguments: cases.filter { ($0.op as? BatchNormalization)?.layout == .last && $0.inputs[0]?.rank ?? 0 > 2 })
    func loweringComputesTheSame(_ testCase: OperatorCase) throws {
        #expect(try LoweringCheck.mismatch(testCase) == nil)
    }

    /// Statistics of 1, 2, 3, 6: mean 3, variance 3.5 (biased) and 14/3 (unbiased).
    @Test func runningStatisticsMoveTowardsTheBatch() throws {
        let op = BatchNormalizationTraining(epsilon: 0, momentum: 0.25)
        let one = [1]
        let inputs = [
            Tensor([1, 2, 3, 6] as [Float], shape: [4, 1]), Tensor([1] as [Float], shape: one),
            Tensor([0] as [Float], shape: one),
            Tensor([7] as [Float], shape: one), Tensor([2] as [Float], shape: one),
        ]
        for implementation in ["simd", "reference"] {
            let outputs = try GraphEvaluator(implementation: implementation).run(op, inputs).map(\.doubles)
            let expected = [3, 1 / 3.5.squareRoot(), 0.75 * 7 + 0.25 * 3, 0.75 * 2 + 0.25 * 14 / 3]
            #expect(Tolerance.float32.mismatch(outputs[1...4].flatMap { $0 }, expected, implementation) == nil)
        }
    }

    @Test func oneValuePerChannelIsRefused() {
        let vector = TensorType(.float32, [3])
        #expect(throws: GraphError.self) {
            try BatchNormalizationTraining().outputTypes([TensorType(.float32, [1, 3]), vector, vector, vector, vector])
        }
    }

    @Test func rejectsOtherNumbersOfChannels() {
        let vector = TensorType(.float32, [4])
        #expect(throws: GraphError.self) {
            try BatchNormalization(layout: .last).outputTypes([TensorType(.float32, [1, 4, 3]), vector, vector, vector, vector])
        }
    }
}
