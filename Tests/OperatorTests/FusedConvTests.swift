import Graph
import TestSupport
import Testing

@Suite struct FusedConvTests {
    private static func type(_ shape: Int...) -> TensorType { TensorType(.float32, shape) }

    static let cases: [OperatorCase] = [ChannelLayout.first, .last].flatMap { layout in
        let x = TensorType(.float32, layout.join(batch: 2, channels: 8, spatial: [6, 5]))
        let y = TensorType(.float32, layout.join(batch: 2, channels: 16, spatial: [6, 5]))
        let depthwise = FusedConv(window: Window(padding: 1, groups: 8), layout: layout, activation: .silu)
        let plain = FusedActivation.allCases.map { activation in
            // oneDNN's own approximations of the activations are a little coarser than ours.
            OperatorCase(
                "\(activation), channels \(layout)",
                FusedConv(window: Window(padding: 1), layout: layout, activation: activation),
                [x, type(16, 8, 3, 3), type(16), y], tolerance: Tolerance(absolute: 2e-5, relative: 5e-5))
        }
        return plain + [
            OperatorCase(
                "without bias, channels \(layout)", FusedConv(window: Window(), layout: layout, activation: .relu),
                [x, type(16, 8, 1, 1), nil, y]),
            OperatorCase(
                "without residual, channels \(layout)", FusedConv(window: Window(), layout: layout, activation: .relu),
                [x, type(16, 8, 1, 1), type(16)]),
            OperatorCase(
                "gated, channels \(layout)", FusedConv(window: Window(padding: 1), layout: layout, activation: .relu),
                [x, type(16, 8, 3, 3), nil, y, FusedConv(window: Window(), layout: layout).gateType(of: x)]),
            OperatorCase(
                "gated depthwise, channels \(layout)", depthwise,
                [x, type(8, 1, 3, 3), type(8), nil, depthwise.gateType(of: x)]),
            OperatorCase(
                "depthwise, channels \(layout)", depthwise, [x, type(8, 1, 3, 3), type(8), x],
                tolerance: Tolerance(absolute: 2e-5, relative: 5e-5)),
        ]
    }

    @Test(arguments: cases) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: cases) func packedWeightsComputeTheSame(_ testCase: OperatorCase) throws {
        #expect(try PackedCheck.mismatch(testCase) == nil)
    }

    @Test(arguments: cases) func loweringComputesTheSame(_ testCase: OperatorCase) throws {
        #expect(try LoweringCheck.mismatch(testCase) == nil)
    }

    @Test func rejectsResidualOfAnotherShape() {
        #expect(throws: GraphError.self) {
            try FusedConv(window: Window()).outputTypes([
                Self.type(1, 2, 3, 3), Self.type(4, 2, 1, 1), nil, Self.type(1, 4, 3, 2),
            ])
        }
    }

    @Test func rejectsAGateOfAnotherShape() throws {
        let (x, w) = (Self.type(2, 5, 3, 4), Self.type(6, 4, 1, 1))
        let op = FusedConv(window: Window(), layout: .last)
        #expect(op.gateType(of: x) == Self.type(2, 1, 1, 4))
        #expect(try op.outputTypes([x, w, nil, nil, Self.type(2, 1, 1, 4)]) == [Self.type(2, 5, 3, 6)])
        for shape in [[1, 1, 1, 4], [2, 4, 1, 1], [2, 1, 1, 1], [2, 4], [2, 5, 3, 4]] {
            #expect(throws: GraphError.self) { try op.outputTypes([x, w, nil, nil, TensorType(.float32, shape)]) }
        }
        let narrow = TensorType(.bfloat16, [2, 1, 1, 4])
        #expect(throws: GraphError.self) { try op.inBFloat16(result: .float32).outputTypes([x, w, nil, nil, narrow]) }
    }

    /// A tensor as bfloat16, and the same numbers as float32.
    private static func rounded(_ tensor: Tensor) throws -> (narrow: Tensor, wide: Tensor) {
        let narrow = try GraphEvaluator().run(Cast(to: .bfloat16), [tensor])[0]
        return (narrow, try GraphEvaluator().run(Cast(to: .float32), [narrow])[0])
    }

    /// The reference rounds x and w, and nothing else but a bfloat16 result.
    @Test(arguments: [ChannelLayout.first, .last]) func operandsAreRounded(_ layout: ChannelLayout) throws {
        var random = SeededRandom(seed: 8)
        let x = random.tensor(TensorType(.float32, layout.join(batch: 1, channels: 4, spatial: [5, 4])), in: -1...1)
        let w = random.tensor(Self.type(6, 2, 3, 3), in: -1...1)
        let bias = random.tensor(Self.type(6), in: -1...1)
        let residual = random.tensor(TensorType(.float32, layout.join(batch: 1, channels: 6, spatial: [5, 4])), in: -1...1)
        let plain = FusedConv(window: Window(padding: 1, groups: 2), layout: layout, activation: .gelu)
        let evaluator = GraphEvaluator(implementation: "reference")
        let (narrowX, wideX) = try Self.rounded(x)
        let wideW = try Self.rounded(w).wide
        let exact = try evaluator.run(plain, [wideX, wideW, bias, residual])[0]
        let fromWide = try evaluator.run(plain.inBFloat16(result: .float32), [x, w, bias, residual])[0]
        let fromNarrow = try evaluator.run(plain.inBFloat16(result: .float32), [narrowX, w, bias, residual])[0]
        #expect(fromWide.doubles == exact.doubles && fromNarrow.doubles == exact.doubles)
        let (narrowResidual, wideResidual) = try Self.rounded(residual)
        let summed = try evaluator.run(plain, [wideX, wideW, bias, wideResidual])[0]
        let narrow = try evaluator.run(plain.inBFloat16(result: .bfloat16), [narrowX, w, bias, narrowResidual])[0]
        #expect(narrow.type.dataType == .bfloat16)
        // The result is rounded from Double here, and from float32 there.
        let ofSummed = try Self.rounded(summed).wide.doubles
        #expect(Tolerance(absolute: 0, relative: 1.0 / 128).mismatch(narrow.doubles, ofSummed, "\(layout)") == nil)
        #expect(zip(narrow.doubles, ofSummed).count { $0 != $1 } <= 1)
    }

    @Test func bfloat16TensorsNeedTheirPrecision() throws {
        let (x, w) = (TensorType(.bfloat16, [1, 2, 3, 3]), Self.type(4, 2, 1, 1))
        let op = FusedConv(window: Window())
        #expect(throws: GraphError.self) { try op.outputTypes([x, w]) }
        #expect(throws: GraphError.self) {
            try FusedConv(window: Window(), result: .bfloat16).outputTypes([Self.type(1, 2, 3, 3), w])
        }
        #expect(throws: GraphError.self) {
            try op.inBFloat16(result: .float32).outputTypes([x, TensorType(.bfloat16, w.shape)])
        }
        #expect(throws: GraphError.self) {
            try op.inBFloat16(result: .float32).outputTypes([TensorType(.float16, x.shape), w])
        }
        #expect(try op.inBFloat16(result: .bfloat16).outputTypes([x, w]) == [TensorType(.bfloat16, [1, 4, 3, 3])])
        #expect(try op.inBFloat16(result: .float32).outputTypes([x, w]) == [Self.type(1, 4, 3, 3)])
    }
}
