import CKernels
import Graph
import Kernels
import TestSupport
import Testing

/// Convolutions of each channel with its own kernel, channels last.
@Suite struct DepthwiseTests {
    private struct Shape {
        /// Spatial sizes, then channels.
        let x: [Int]
        let kernel: [Int]
        let window: Window
    }

    private static func shape(
        _ x: [Int], _ channels: Int, _ kernel: Int, stride: Int = 1, dilation: Int = 1, before: Int? = nil, after: Int? = nil
    ) -> Shape {
        func all(_ value: Int) -> [Int] { x.map { _ in value } }
        let pad = (kernel - 1) * dilation / 2
        let window = Window(
            strides: all(stride), dilations: all(dilation), padsBefore: all(before ?? pad), padsAfter: all(after ?? pad),
            groups: channels)
        return Shape(x: x + [channels], kernel: all(kernel), window: window)
    }

    /// Widths below and beyond one block, channels beside whole vectors, and kernels that have code of their own or not.
    private static let shapes: [Shape] =
        [3, 5, 7].flatMap { kernel in
            [1, 2].flatMap { stride in
                [
                    shape([9, 10], 16, kernel, stride: stride), shape([8, 37], 20, kernel, stride: stride),
                    shape([7, 7], 37, kernel, stride: stride, before: 0, after: kernel / 2),
                ]
            }
        } + [
            shape([9, 21], 18, 3, dilation: 2), shape([9, 21], 18, 3, stride: 3), shape([6, 9], 5, 2, before: 1, after: 0),
            shape([5, 5], 3, 9), shape([40], 17, 3), shape([40], 17, 7, stride: 2), shape([4, 5, 18], 17, 3),
            shape([5, 6, 9], 4, 3, stride: 2), shape([3, 30], 33, 1, before: 0),
            // Channels in several parts; pictures with fewer rows and columns than the kernel; padding wider than it.
            shape([4, 5], 150, 3), shape([7, 6], 130, 5, stride: 2), shape([1, 1], 20, 5), shape([2, 1], 20, 3, stride: 2),
            shape([6, 7], 17, 3, before: 3, after: 4), shape([6, 7], 17, 5, stride: 2, before: 5, after: 6),
            flat([3, 7, 9], 18, 3), flat([2, 5, 6], 20, 5, stride: 2),
        ]

    /// Planes of a volume, each convolved alone.
    private static func flat(_ x: [Int], _ channels: Int, _ kernel: Int, stride: Int = 1) -> Shape {
        let pads = [0, kernel / 2, kernel / 2]
        let window = Window(
            strides: [1, stride, stride], dilations: [1, 1, 1], padsBefore: pads, padsAfter: pads, groups: channels)
        return Shape(x: x + [channels], kernel: [1, kernel, kernel], window: window)
    }

    private static func types(_ shape: Shape, _ type: DataType) throws -> [TensorType?] {
        let channels = shape.window.groups
        let (x, w) = (TensorType(.float32, [2] + shape.x), TensorType(.float32, [channels, 1] + shape.kernel))
        let y = try FusedConv(window: shape.window, layout: .last).outputTypes([x, w])[0]
        return [TensorType(type, x.shape), w, TensorType(.float32, [channels]), TensorType(type, y.shape)]
    }

    private static func name(_ shape: Shape) -> String {
        "\(shape.x) by \(shape.kernel), strides \(shape.window.strides), dilations \(shape.window.dilations)"
    }

    static func narrow() throws -> [OperatorCase] {
        let tolerance = Tolerance(absolute: 1e-3, relative: 1.0 / 128)
        return try shapes.flatMap { shape in
            let types = try self.types(shape, .bfloat16)
            let plain = FusedConv(window: shape.window, layout: .last)
            let gated = FusedConv(window: shape.window, layout: .last, activation: .silu)
            return [
                OperatorCase(
                    "\(name(shape)), bfloat16", plain.inBFloat16(result: .bfloat16), [types[0], types[1], types[2]],
                    tolerance: tolerance),
                OperatorCase(
                    "\(name(shape)), silu, bfloat16", gated.inBFloat16(result: .bfloat16), [types[0], types[1], types[2]],
                    tolerance: tolerance),
                OperatorCase(
                    "\(name(shape)), silu, residual, bfloat16", gated.inBFloat16(result: .bfloat16), types, tolerance: tolerance),
                OperatorCase(
                    "\(name(shape)), to float32", gated.inBFloat16(result: .float32), [types[0], types[1]],
                    tolerance: Tolerance(absolute: 2e-5, relative: 2e-5)),
            ]
        }
    }

    static func wide() throws -> [OperatorCase] {
        try shapes.flatMap { shape in
            let types = try self.types(shape, .float32)
            return [
                OperatorCase(name(shape), FusedConv(window: shape.window, layout: .last), [types[0], types[1], types[2]]),
                OperatorCase(
                    "\(name(shape)), relu, residual", FusedConv(window: shape.window, layout: .last, activation: .relu), types),
                OperatorCase(
                    "\(name(shape)), silu", FusedConv(window: shape.window, layout: .last, activation: .silu),
                    [types[0], types[1], types[2]], tolerance: Tolerance(absolute: 2e-5, relative: 5e-5)),
            ]
        }
    }

    @Test func bfloat16MatchesReference() throws {
        guard ck_depthwise_available() else {
            print("skipped: this CPU has no AVX-512")
            return
        }
        for testCase in try Self.narrow() {
            let op = try #require(testCase.op as? FusedConv)
            let problem = KernelProblem(
                inputs: testCase.inputs, outputs: try op.outputTypes(testCase.inputs),
                constants: testCase.inputs.map { _ in nil }, packs: PackStore(), threads: 2)
            #expect(try op.kernel(for: problem).name == "depthwise")
            #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
            #expect(try PackedCheck.mismatch(testCase) == nil)
        }
    }

    @Test func float32MatchesReference() throws {
        for testCase in try Self.wide() {
            #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
            #expect(try PackedCheck.mismatch(testCase) == nil)
        }
    }

    /// The residual's memory becomes the result's, also where blocks of columns do not fit the width.
    @Test(arguments: [DataType.float32, .bfloat16]) func residualMayBeOverwritten(_ type: DataType) throws {
        guard ck_depthwise_available() else {
            print("skipped: this CPU has no AVX-512")
            return
        }
        let shape = Self.shape([5, 21], 20, 5)
        let plain = FusedConv(window: shape.window, layout: .last, activation: .relu)
        let op = type == .float32 ? plain : plain.inBFloat16(result: .bfloat16)
        let types = try Self.types(shape, type)
        #expect(try InPlace.mismatch(op, types.compactMap(\.self)) == nil)
    }
}
