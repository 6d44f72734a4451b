import Graph
import Kernels
import TestSupport
import Testing

@Suite struct ConvTests {
    /// One case per layout; x is given channels-first.
    private static func both(
        _ name: String, _ window: Window, _ x: [Int], _ w: [Int], hasBias: Bool = false
    ) -> [OperatorCase] {
        [ChannelLayout.first, .last].map { layout in
            let shape = layout.join(batch: x[0], channels: x[1], spatial: Array(x.dropFirst(2)))
            let inputs = [TensorType(.float32, shape), TensorType(.float32, w)] + (hasBias ? [TensorType(.float32, [w[0]])] : [])
            return OperatorCase("\(name), channels \(layout)", Conv(window: window, layout: layout), inputs)
        }
    }

    static let cases: [OperatorCase] =
        both("3x3", Window(padding: 1), [2, 3, 5, 4], [4, 3, 3, 3], hasBias: true)
        + both("1x1", Window(), [2, 5, 3, 3], [6, 5, 1, 1])
        + both("strides", Window(strides: [2, 3], padsBefore: [1, 0]), [1, 2, 7, 8], [3, 2, 3, 2])
        + both("dilations", Window(strides: [1, 1], dilations: [2, 3]), [1, 2, 7, 8], [2, 2, 3, 2], hasBias: true)
        // Swapped ends or axes of the padding change the result.
        + both("asymmetric pads", Window(strides: [2, 1], padsBefore: [0, 2], padsAfter: [1, 0]), [1, 2, 4, 5], [3, 2, 3, 3])
        + both("groups", Window(padding: 1, groups: 2), [1, 4, 4, 4], [6, 2, 3, 3], hasBias: true)
        + both("depthwise", Window(stride: 2, padding: 1, groups: 3), [2, 3, 5, 5], [3, 1, 3, 3])
        + both("depthwise with two outputs each", Window(padding: 1, groups: 3), [1, 3, 4, 4], [6, 1, 3, 3])
        + both(
            "one axis", Window(strides: [2], dilations: [2], padsBefore: [3], padsAfter: [1]), [2, 3, 9], [4, 3, 3], hasBias: true
        )
        + both(
            "three axes", Window(strides: [2, 1, 1], padsBefore: [1, 0, 1], padsAfter: [0, 1, 1]), [1, 2, 4, 3, 3],
            [3, 2, 2, 2, 3], hasBias: true)
        + both(
            "three axes, dilations and groups",
            Window(strides: [1, 2, 1], dilations: [2, 1, 3], padsBefore: [1, 0, 2], padsAfter: [0, 1, 1], groups: 2),
            [1, 4, 4, 4, 5],
            [6, 2, 2, 3, 2], hasBias: true)
        + both(
            "three axes, depthwise", Window(strides: [2, 1, 2], padsBefore: [1, 1, 0], padsAfter: [1, 0, 1], groups: 3),
            [2, 3, 3, 4, 4], [3, 1, 3, 2, 3])

    /// The sizes that blocked kernels like, and some that they do not.
    static let large: [OperatorCase] =
        both("stem", Window(stride: 2, padding: 3), [1, 3, 32, 32], [16, 3, 7, 7], hasBias: true)
        + both("patches", Window(stride: 8), [2, 3, 32, 32], [24, 3, 8, 8], hasBias: true)
        + both("wide", Window(padding: 1), [2, 32, 9, 9], [48, 32, 3, 3])
        + both("odd channels", Window(stride: 2), [1, 37, 9, 9], [41, 37, 1, 1])
        + both("depthwise 7x7", Window(padding: 3, groups: 32), [1, 32, 14, 14], [32, 1, 7, 7], hasBias: true)
        + both("grouped slices", Window(strides: [3, 1, 1], groups: 1), [1, 20, 9, 5, 5], [16, 20, 3, 3, 3], hasBias: true)
        + both(
            "groups of slices",
            Window(strides: [2, 1, 1], dilations: [1, 2, 1], padsBefore: [1, 2, 1], padsAfter: [1, 2, 0], groups: 2),
            [1, 32, 7, 6, 6], [32, 16, 3, 3, 2])

    @Test(arguments: cases + large) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: cases) func gradientMatchesFiniteDifferences(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase) == nil)
    }

    @Test(arguments: cases.filter { ($0.op as? Conv)?.layout == .last }) func loweringComputesTheSame(
        _ testCase: OperatorCase
    ) throws {
        #expect(try LoweringCheck.mismatch(testCase) == nil)
    }

    /// Every implementation of both gradients against its reference, for every convolution above.
    @Test(arguments: cases + large) func gradientImplementationsMatchReference(_ testCase: OperatorCase) throws {
        let conv = try #require(testCase.op as? Conv)
        let x = try #require(testCase.inputs[0])
        let w = try #require(testCase.inputs[1])
        let y = try conv.outputTypes(testCase.inputs)[0]
        // Sums run over all positions of the batch.
        let tolerance = Tolerance(absolute: 5e-5, relative: 2e-5)
        let input = OperatorCase(testCase.name, conv.inputGradient(x.shape), [y, w], tolerance: tolerance)
        let weight = OperatorCase(testCase.name, conv.weightGradient(w.shape), [x, y], tolerance: tolerance)
        #expect(try OperatorChecks.implementationsMatchReference(input) == nil)
        #expect(try OperatorChecks.implementationsMatchReference(weight) == nil)
    }

    /// Weights that are known when the kernel is made are packed once, and the pointer given later is not read.
    @Test(arguments: cases + large) func packedWeightsComputeTheSame(_ testCase: OperatorCase) throws {
        #expect(try PackedCheck.mismatch(testCase) == nil)
    }

    /// The library takes every case; else the comparisons above compare nothing.
    @Test(arguments: cases + large) func libraryTakesEveryCase(_ testCase: OperatorCase) throws {
        let conv = try #require(testCase.op as? Conv)
        let problem = KernelProblem(
            inputs: testCase.inputs, outputs: try conv.outputTypes(testCase.inputs), constants: testCase.inputs.map { _ in nil },
            packs: PackStore(), threads: 2)
        #expect(try conv.kernel(for: problem, implementation: "onednn").name == "onednn")
    }

    @Test(arguments: [
        ([1, 3, 5, 5], [4, 2, 3, 3], 1), ([1, 4, 5, 5], [3, 2, 3, 3], 2), ([1, 3, 2, 5], [4, 3, 3, 3], 1), ([3, 5], [4, 3], 1),
        ([1, 3, 5], [4, 3, 3, 3], 1),
    ]) func rejectsShapes(_ x: [Int], _ w: [Int], _ groups: Int) {
        #expect(throws: GraphError.self) {
            try Conv(window: Window(groups: groups)).outputTypes([TensorType(.float32, x), TensorType(.float32, w)])
        }
    }

    @Test(arguments: [
        Window(strides: [0, 1]), Window(strides: [1, 1], dilations: [1, 0]), Window(strides: [1, 1], padsBefore: [-1, 0]),
        Window(strides: [1]), Window(groups: 0), Window(strides: [1, 1], dilations: [Int.max, 1]),
        Window(strides: [1, 1], padsBefore: [Int.max, 0]),
    ]) func rejectsWindows(_ window: Window) {
        #expect(throws: GraphError.self) {
            try Conv(window: window).outputTypes([TensorType(.float32, [1, 3, 5, 5]), TensorType(.float32, [4, 3, 3, 3])])
        }
    }
}
