import Graph
import Kernels
import TestSupport
import Testing
import TrainingKernels

/// `SigmoidCrossEntropy` and `DiceLoss`.
@Suite struct ElementLossTests {
    private static func float(_ shape: [Int]) -> TensorType { TensorType(.float32, shape) }

    /// Every other element is left out.
    private static func mask(_ shape: [Int]) -> Tensor {
        Tensor((0..<shape.reduce(1, *)).map { $0 % 2 == 0 ? 1 : $0 % 3 == 0 ? 0.5 : 0 }, shape: shape)
    }

    private static func entropy(
        _ name: String, _ shape: [Int], positive: [Int]? = nil, mask: [Int]? = nil, range: ClosedRange<Float> = -3...3,
        step: Float = 1.0 / 128
    ) -> OperatorCase {
        var types: [TensorType?] = [float(shape), float(shape)]
        if positive != nil || mask != nil { types.append(positive.map(float)) }
        if let mask { types.append(float(mask)) }
        return OperatorCase(
            name, SigmoidCrossEntropy(), types, ranges: [range, 0...1, 0.5...6, 0...1],
            fixed: mask.map { [3: self.mask($0)] } ?? [:], differentiable: [0], step: step)
    }

    private static func dice(
        _ name: String, _ shape: [Int], smooth: Double = 1e-5, mask: [Int]? = nil, range: ClosedRange<Float> = -3...3
    ) -> OperatorCase {
        OperatorCase(
            name, DiceLoss(smooth: smooth), [float(shape), float(shape)] + (mask.map { [float($0)] } ?? []),
            ranges: [range, 0...1, 0...1],
            fixed: mask.map { [2: self.mask($0)] } ?? [:], differentiable: [0])
    }

    static let cases = [
        entropy("plain", [3, 5]), entropy("scalar", []), entropy("one weight", [2, 3, 4], positive: []),
        entropy("weights of classes", [4, 5], positive: [5]), entropy("weights of channels", [2, 3, 2, 2], positive: [3, 1, 1]),
        entropy("mask of samples", [5, 1, 2, 3], mask: [5, 1, 1, 1]), entropy("mask of elements", [4, 7], mask: [4, 7]),
        entropy("mask and weights", [6, 3], positive: [3], mask: [6, 1]),
        // exp(90) overflows Float. The loss is straight there and large, so the step is too.
        entropy("large logits", [4, 9], positive: [], range: 80...95, step: 1),
        entropy("large negative logits", [4, 9], range: -95 ... -80, step: 1),
        dice("plain", [3, 5]), dice("smooth", [2, 1, 3, 4], smooth: 1), dice("scalar", []),
        dice("mask of samples", [5, 1, 2, 3], mask: [5, 1, 1, 1]), dice("mask of elements", [4, 7], mask: [4, 7]),
        dice("large logits", [4, 9], range: 80...95),
    ]

    /// More than one piece of the kernels, whose ends lie inside rows.
    static let large = [
        entropy("pieces", [3, 1, 97, 101], positive: [], mask: [3, 1, 1, 1]),
        entropy("pieces of short rows", [5000, 5], positive: [5], mask: [5000, 1]),
        dice("pieces", [3, 1, 97, 101], mask: [3, 1, 1, 1]), dice("a long row", [30000]),
    ]

    @Test(arguments: cases + large) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: cases) func gradientMatchesFiniteDifferences(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase, tolerance: .means) == nil)
    }

    @Test(arguments: cases + large) func gradientImplementationsMatchReference(_ testCase: OperatorCase) throws {
        let gradient: any Operator
        if let dice = testCase.op as? DiceLoss {
            gradient = DiceLossGradient(forward: dice)
        } else {
            gradient = SigmoidCrossEntropyGradient()
        }
        let outputs = try testCase.op.outputTypes(testCase.inputs)
        // An upstream gradient that brings the results near one.
        let scaled = OperatorCase(
            testCase.name, gradient, outputs + testCase.inputs, ranges: [100...200, 20...50] + testCase.ranges,
            fixed: Dictionary(uniqueKeysWithValues: testCase.fixed.map { ($0.key + 2, $0.value) }))
        #expect(try OperatorChecks.implementationsMatchReference(scaled) == nil)
    }

    @Test(arguments: ["SigmoidCrossEntropy", "DiceLoss"]) func matchesTorch(_ name: String) throws {
        let goldens = try TorchGolden.load(name)
        #expect(goldens.count >= 4)
        for golden in goldens {
            let isDice = name == "DiceLoss"
            let op: any Operator = isDice ? DiceLoss(smooth: golden.attributes["smooth"] ?? 1e-5) : SigmoidCrossEntropy()
            let gradient: any Operator =
                isDice
                ? DiceLossGradient(forward: DiceLoss(smooth: golden.attributes["smooth"] ?? 1e-5)) : SigmoidCrossEntropyGradient()
            let inputs = [golden.input("logits"), golden.input("targets")] + (isDice ? [] : [golden.input("positiveWeight")])
            for implementation in ["simd", "reference"] {
                let evaluator = GraphEvaluator(implementation: implementation)
                let outputs = try evaluator.run(op, inputs)
                let what = "\(golden), \(implementation)"
                #expect(Tolerance.golden.mismatch(outputs[0].doubles, golden.outputs[0].tensor.doubles, what) == nil)
                let upstream = try #require(golden.outputs[0].upstream)
                let actual = try evaluator.run(gradient, [upstream, outputs[1]] + inputs)[0]
                let expected = try #require(golden.inputs[0].gradient)
                let tolerance = Tolerance(absolute: 1e-8, relative: 1e-4)
                #expect(tolerance.mismatch(actual.doubles, expected.doubles, "\(what), gradient") == nil)
            }
        }
    }

    /// What the mask leaves out may be anything, in the loss and in its gradient.
    @Test(arguments: ["simd", "reference"]) func whatIsLeftOutMayBeAnything(_ implementation: String) throws {
        let mask = Tensor([Float(1), 0, 1], shape: [3])
        let x = Tensor([Float(0.5), .nan, -1], shape: [3])
        let y = Tensor([Float(1), .infinity, 0], shape: [3])
        let kept = [Tensor([Float(0.5), -1], shape: [2]), Tensor([Float(1), 0], shape: [2])]
        let evaluator = GraphEvaluator(implementation: implementation)
        let one = Tensor([Float(1)], shape: [])
        let entropy = try evaluator.run(SigmoidCrossEntropy(), [x, y, nil, mask])
        #expect(entropy.map(\.doubles) == (try evaluator.run(SigmoidCrossEntropy(), kept)).map(\.doubles))
        let slopes = try evaluator.run(SigmoidCrossEntropyGradient(), [one, entropy[1], x, y, nil, mask])[0].doubles
        #expect(slopes[1] == 0 && slopes.allSatisfy(\.isFinite))
        let dice = try evaluator.run(DiceLoss(), [x, y, mask])
        #expect(dice.map(\.doubles) == (try evaluator.run(DiceLoss(), kept)).map(\.doubles))
        let diceSlopes = try evaluator.run(DiceLossGradient(forward: DiceLoss()), [one, dice[1], x, y, mask])[0].doubles
        #expect(diceSlopes[1] == 0 && diceSlopes.allSatisfy(\.isFinite))
    }

    @Test func nothingThatCountsIsNotANumber() throws {
        let x = Tensor([Float(1), 2], shape: [2])
        let inputs = [x, x, nil, Tensor([Float(0), 0], shape: [2])]
        #expect(try GraphEvaluator().run(SigmoidCrossEntropy(), inputs)[0].doubles[0].isNaN)
    }

    @Test(arguments: [
        [float([2, 3]), float([3, 2])], [float([2]), TensorType(.int64, [2])], [float([0]), float([0])],
        [float([2, 3]), float([2, 3]), float([2])], [float([3]), float([3]), float([2, 3])],
    ]) func wrongTypesAreRefused(_ types: [TensorType]) {
        #expect(throws: GraphError.self) { try SigmoidCrossEntropy().outputTypes(types) }
        #expect(throws: GraphError.self) { try DiceLoss().outputTypes(types) }
    }

    @Test func wrongSmoothingIsRefused() {
        let type = Self.float([2])
        #expect(throws: GraphError.self) { try DiceLoss(smooth: 0).outputTypes([type, type]) }
        #expect(throws: GraphError.self) { try DiceLoss(smooth: .nan).outputTypes([type, type]) }
    }

    @Test func targetsHaveNoGradient() throws {
        for op in [SigmoidCrossEntropy(), DiceLoss()] as [any Operator] {
            var graph = Graph()
            let x = graph.parameter("x", Self.float([3]))
            let y = graph.parameter("y", Self.float([3]))
            let loss = try graph.append(op, [x, y])[0]
            #expect(throws: GraphError.self) { try graph.differentiated(loss, withRespectTo: [y]) }
        }
    }
}

extension Tolerance {
    /// Central differences of a float32 mean: its last digit, over the width of the step.
    fileprivate static let means = Tolerance(absolute: 1e-4, relative: 5e-3)
}
