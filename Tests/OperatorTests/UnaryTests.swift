import Graph
import TestSupport
import Testing
import TrainingKernels

/// Operators on one element, their gradients, and conversions.
@Suite struct UnaryTests {
    private static func float(_ shape: [Int]) -> TensorType { TensorType(.float32, shape) }

    private static func cases(
        _ op: any Operator, _ range: ClosedRange<Float>, gradientRange: ClosedRange<Float>? = nil
    ) -> [OperatorCase] {
        [
            OperatorCase("wide", op, [self.float([3, 41])], range: range),
            // More than one thread's share, and a length that no vector divides.
            OperatorCase("long", op, [self.float([17003])], range: range),
            OperatorCase("gradient", op, [self.float([37])], range: gradientRange ?? range),
        ]
    }

    static let differentiable: [OperatorCase] =
        cases(Neg(), -9...9) + cases(Sqrt(), 0...50, gradientRange: 0.5...4) + cases(Exp(), -100...88, gradientRange: -2...1)
        + cases(Log(), 1e-30...1e4, gradientRange: 0.5...4) + cases(Erf(), -5...5, gradientRange: -2...2)
        + cases(Reciprocal(), 0.01...50, gradientRange: 0.5...3) + cases(Sin(), -9...9) + cases(Cos(), -9...9)
        + cases(Abs(), -9...9, gradientRange: 0.1...3) + cases(Abs(), -9...9, gradientRange: -3...(-0.1))
        + cases(Relu(), -3...3, gradientRange: 0.1...3) + cases(Relu(), -3...3, gradientRange: -3...(-0.1))
        + cases(LeakyRelu(alpha: 0.3), -3...3, gradientRange: -3...(-0.1)) + cases(LeakyRelu(), -3...3, gradientRange: 0.1...2)
        + cases(Sigmoid(), -110...110, gradientRange: -3...3) + cases(Tanh(), -30...30, gradientRange: -2...2)
        + cases(Silu(), -110...110, gradientRange: -4...4) + cases(Gelu(), -14...14, gradientRange: -4...4)
        + cases(Gelu(approximate: .tanh), -14...14, gradientRange: -4...4) + cases(Softplus(), -110...110, gradientRange: -4...4)
        + cases(HardSigmoid(), -5...5, gradientRange: -2...2)
        + cases(HardSigmoid(alpha: 1.0 / 6, beta: 0.4), -5...5, gradientRange: -2...2)
        + cases(Clip(min: -0.4, max: 0.3), -1...1, gradientRange: -0.3...0.2)
        + cases(Clip(max: 0.3), -1...1, gradientRange: 0.4...1) + cases(Clip(min: 0.1), -1...1, gradientRange: 0.2...1)
        + cases(Identity(), -1...1) + cases(Dropout(), -1...1)

    static let others: [OperatorCase] =
        cases(Elu(alpha: 0.7), -20...9) + cases(Mish(), -110...110) + cases(HardSwish(), -9...9)
        + cases(Swish(alpha: 1.3), -60...60) + cases(Elu(), -0.01...0.01) + cases(Sign(), -1...1) + cases(Floor(), -9...9)
        + cases(Ceil(), -9...9) + cases(Round(), -9...9) + [
            OperatorCase("halves", Round(), [float([4])], fixed: [0: Tensor([0.5, 1.5, -2.5, -0.5], shape: [4])]),
            OperatorCase("integers", Neg(), [TensorType(.int64, [9])], range: -4...4),
            OperatorCase("integers", Abs(), [TensorType(.int32, [9])], range: -4...4),
            OperatorCase("integers", Sign(), [TensorType(.int64, [9])], range: -2...2),
            OperatorCase("integers", Clip(min: -1, max: 2), [TensorType(.int64, [9])], range: -4...4),
            OperatorCase("mask", Dropout(hasMask: true), [float([9])]),
            // Around where the gradients' pieces meet and far beyond.
            OperatorCase("pair", ReluGradient(), [float([999]), float([999])]),
            OperatorCase("pair", SigmoidGradient(), [float([999]), float([999])], range: 0...1),
            OperatorCase("pair", TanhGradient(), [float([999]), float([999])]),
            OperatorCase("pair", SiluGradient(), [float([999]), float([999])], range: -120...120, tolerance: .golden),
            OperatorCase("pair", GeluGradient(), [float([999]), float([999])], ranges: [-50...50, -1...1]),
            OperatorCase("pair", GeluGradient(), [float([999]), float([999])], ranges: [-3...3, -1...1]),
            OperatorCase("pair", GeluGradient(approximate: .tanh), [float([999]), float([999])], ranges: [-50...50, -1...1]),
            OperatorCase("to int", Cast(to: .int64), [float([50])], range: -9...9),
            OperatorCase("to bool", Cast(to: .bool), [TensorType(.int64, [50])], range: -1...1),
            OperatorCase("from bool", Cast(to: .float32), [TensorType(.bool, [50])]),
            OperatorCase("same", Cast(to: .int32), [TensorType(.int32, [50])], range: -9...9),
            OperatorCase("to double", Cast(to: .float64), [float([5, 10])]),
        ]

    @Test(arguments: differentiable + others) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: differentiable.filter { $0.name == "gradient" }) func gradientMatches(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase) == nil)
    }

    /// Infinities, NaN, signed zeros and denormals go the way of the reference.
    @Test(
        arguments: [
            Exp(), Log(), Sqrt(), Erf(), Tanh(), Sigmoid(), Softplus(), Relu(), Abs(), Neg(), Sign(), Reciprocal(), Floor(),
            Clip(min: -1, max: 2), Gelu(approximate: .none), Elu(), Mish(), HardSwish(), Swish(),
        ] as [any Operator]) func specialValues(_ op: any Operator) throws
    {
        let values: [Float] = [
            .infinity, -.infinity, .nan, 0, 0x1p-133, 0x1.8p-128, 1e38, -1e38, 88.8, 88.7, -87.5, -95, -103, 1,
        ]
        let x = Tensor(values, shape: [values.count])
        let fast = try GraphEvaluator(implementation: "simd").run(op, [x])[0].doubles
        let slow = try GraphEvaluator(implementation: "reference").run(op, [x])[0].doubles
        for (index, value) in values.enumerated() {
            // x Phi(x) at minus infinity is infinity times zero in the reference and its limit 0 in the kernel.
            if op is Gelu, value == -.infinity { continue }
            let same = slow[index].isNaN ? fast[index].isNaN : Tolerance.float32.accepts(fast[index], slow[index])
            #expect(same, "\(op.text) of \(value): \(fast[index]), expected \(slow[index])")
        }
    }

    /// The error function and the activation built on it, against the C library in double.
    @Test func errorFunctionIsAccurate() throws {
        let values = (0..<40_000).map { Float($0 - 20_000) * 3e-4 }
        let x = Tensor(values, shape: [values.count])
        for op in [Erf(), Gelu(), Tanh()] as [any Operator] {
            let fast = try GraphEvaluator(implementation: "simd").run(op, [x])[0].doubles
            let slow = try GraphEvaluator(implementation: "reference").run(op, [x])[0].doubles
            let worst = zip(fast, slow).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? .infinity
            #expect(worst < 1.5e-7, "\(op.name): \(worst)")
        }
    }

    @Test func castHoldsTheRange() throws {
        let x = Tensor([.nan, 1e20, -1e20, -1.9, 300], shape: [5])
        #expect(try GraphEvaluator().run(Cast(to: .int32), [x])[0].doubles == [0, 2_147_483_647, -2_147_483_648, -1, 300])
        #expect(try GraphEvaluator().run(Cast(to: .uint8), [x])[0].doubles == [0, 255, 0, 0, 255])
        let big = Tensor([Int64(9_007_199_254_740_993)], shape: [1])
        #expect(try GraphEvaluator().run(Cast(to: .int64), [big])[0].array(of: Int64.self) == [9_007_199_254_740_993])
    }

    /// The operators that a model of an older opset is written with compute the same.
    @Test(arguments: [Gelu(), Gelu(approximate: .tanh), Silu(), Swish(alpha: 0.7), Mish()] as [any Operator])
    func loweringIsEqual(_ op: any Operator) throws {
        guard case .lowered(let lower) = op.onnx(opset: 17) else { throw GraphError(.unsupported, op.name, "not lowered") }
        var graph = Graph()
        let x = graph.input("x", Self.float([257]))
        graph.output("y", try lower(&graph, [x])[0])
        var random = SeededRandom(seed: 3)
        let input = random.tensor(Self.float([257]), in: -6...6)
        let lowered = try GraphEvaluator().run(graph, ["x": input])["y"]?.doubles ?? []
        let direct = try GraphEvaluator().run(op, [input])[0].doubles
        #expect(Tolerance.float32.mismatch(lowered, direct, op.name) == nil)
    }

    @Test func typesAreChecked() {
        #expect(throws: GraphError.self) { try Sqrt().outputTypes([TensorType(.int64, [2])]) }
        #expect(throws: GraphError.self) { try Not().outputTypes([Self.float([2])]) }
        #expect(throws: GraphError.self) { try ReluGradient().outputTypes([Self.float([2]), Self.float([3])]) }
    }
}
