import CKernels
import Graph
import TestSupport
import Testing

/// Convolutions as products of patches with packed weights.
@Suite struct PackedConvTests {
    /// Sizes of x [N, spatial..., C], of w and what is around; each meets another corner of the kernel.
    private struct Problem {
        var name: String
        var x: [Int]
        var w: [Int]
        var window: Window
        var activation = FusedActivation.none
        var hasBias = true
        var hasResidual = false
        var hasGate = false
    }

    private static let problems = [
        Problem(name: "stem", x: [2, 19, 20, 3], w: [20, 3, 7, 7], window: Window(stride: 2, padding: 3), activation: .relu),
        Problem(
            name: "padded, one and a half panels", x: [2, 9, 9, 8], w: [40, 8, 3, 3], window: Window(padding: 1),
            activation: .relu, hasResidual: true),
        Problem(
            name: "dilated", x: [1, 11, 9, 5], w: [33, 5, 3, 3],
            window: Window(strides: [1, 1], dilations: [2, 3], padsBefore: [2, 0], padsAfter: [1, 4]), activation: .silu,
            hasResidual: true),
        Problem(name: "strided 1 x 1", x: [2, 14, 13, 64], w: [70, 64, 1, 1], window: Window(stride: 2), hasResidual: true),
        Problem(name: "rows", x: [3, 14, 13, 130], w: [71, 130, 1, 1], window: Window(), activation: .gelu, hasBias: false),
        Problem(
            name: "deeper than one part", x: [1, 7, 6, 300], w: [48, 300, 3, 3], window: Window(padding: 1),
            activation: .sigmoid, hasResidual: true),
        Problem(name: "padding wider than the picture", x: [1, 2, 3, 6], w: [7, 6, 5, 5], window: Window(padding: 4)),
        Problem(name: "a sequence", x: [2, 31, 5], w: [9, 5, 4], window: Window(strides: [3], padsBefore: [1], padsAfter: [2])),
        Problem(
            name: "a volume", x: [2, 5, 6, 7, 4], w: [18, 4, 3, 2, 3],
            window: Window(strides: [2, 1, 1], padsBefore: [1, 1, 1], padsAfter: [1, 0, 1]), activation: .relu),
        Problem(name: "gated rows", x: [3, 7, 9, 71], w: [40, 71, 1, 1], window: Window(), hasResidual: true, hasGate: true),
        Problem(
            name: "gated rows in parts", x: [2, 5, 6, 2700], w: [17, 2700, 1, 1], window: Window(), activation: .silu,
            hasGate: true),
        Problem(name: "a gated sequence", x: [2, 31, 6], w: [9, 6, 1], window: Window(strides: [1]), hasGate: true),
        Problem(name: "one position", x: [1, 1, 1, 96], w: [24, 96, 1, 1], window: Window(), activation: .silu),
    ]

    static func cases(_ precision: DataType) -> [OperatorCase] {
        self.problems.map { problem in
            var op = FusedConv(window: problem.window, layout: .last, activation: problem.activation)
            if precision == .bfloat16 { op = op.inBFloat16(result: .float32) }
            let x = TensorType(.float32, problem.x)
            let w = TensorType(.float32, problem.w)
            let y = try? op.outputTypes([x, w])[0]
            // Sums of up to 2,700 products in another order.
            return OperatorCase(
                "\(problem.name), \(precision)", op,
                [
                    x, w, problem.hasBias ? TensorType(.float32, [problem.w[0]]) : nil, problem.hasResidual ? y : nil,
                    problem.hasGate ? op.gateType(of: x) : nil,
                ],
                tolerance: Tolerance(absolute: 5e-5, relative: 2e-5))
        }
    }

    @Test(arguments: cases(.float32) + cases(.bfloat16)) func matchesTheReference(_ testCase: OperatorCase) throws {
        guard ck_panels_available(CK_FLOAT32), computes(testCase) else {
            print("skipped: this CPU lacks the instructions for \(testCase)")
            return
        }
        #expect(try PackedCheck.mismatch(testCase, implementation: "packed") == nil)
    }

    /// bfloat16 rows by a gate, which stays float32: the product is rounded once.
    @Test(arguments: [DataType.float32, .bfloat16]) func narrowRowsAreGated(_ result: DataType) throws {
        guard ck_panels_available(CK_BFLOAT16) else {
            print("skipped: this CPU does not multiply bfloat16")
            return
        }
        let (x, w) = (TensorType(.bfloat16, [3, 6, 5, 45]), TensorType(.float32, [35, 45, 1, 1]))
        let op = FusedConv(window: Window(), layout: .last, activation: .silu).inBFloat16(result: result)
        let relative = result == .float32 ? 2e-5 : 1.0 / 128
        let testCase = OperatorCase(
            "gated bfloat16 to \(result)", op, [x, w, nil, nil, op.gateType(of: x)],
            tolerance: Tolerance(absolute: 5e-5, relative: relative))
        #expect(try PackedCheck.mismatch(testCase, implementation: "packed") == nil)
    }

    /// Each picture of a batch has a gate of its own: alone it gives the same bits.
    @Test func picturesOfABatchKeepTheirGates() throws {
        guard ck_panels_available(CK_FLOAT32) else {
            print("skipped: this CPU lacks the instructions")
            return
        }
        let op = FusedConv(window: Window(), layout: .last)
        let (x, w) = (TensorType(.float32, [3, 5, 7, 24]), TensorType(.float32, [20, 24, 1, 1]))
        var random = SeededRandom(seed: 4)
        let inputs = [x, w, op.gateType(of: x)].map { random.tensor($0, in: -1...1) }
        let evaluator = GraphEvaluator(implementation: "packed")
        let all = try evaluator.run(op, [inputs[0], inputs[1], nil, nil, inputs[2]], constants: [1])[0].doubles
        for picture in 0..<3 {
            func part(_ tensor: Tensor) throws -> Tensor {
                try GraphEvaluator().run(Slice(starts: [picture], ends: [picture + 1], axes: [0]), [tensor])[0]
            }
            let alone = try evaluator.run(op, [part(inputs[0]), inputs[1], nil, nil, part(inputs[2])], constants: [1])[0]
            #expect(alone.doubles == Array(all[(picture * 700)..<((picture + 1) * 700)]))
        }
    }

    private func computes(_ testCase: OperatorCase) -> Bool {
        (testCase.op as? FusedConv)?.precision == .float32 || ck_panels_available(CK_BFLOAT16)
    }
}
