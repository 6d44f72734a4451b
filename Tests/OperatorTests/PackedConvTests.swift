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
                [x, w, problem.hasBias ? TensorType(.float32, [problem.w[0]]) : nil, problem.hasResidual ? y : nil],
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

    private func computes(_ testCase: OperatorCase) -> Bool {
        (testCase.op as? FusedConv)?.precision == .float32 || ck_panels_available(CK_BFLOAT16)
    }
}
