import Graph
import Kernels
import TestSupport
import Testing
import TrainingKernels

@Suite struct ConvTransposeTests {
    /// One case per layout; x is given channels-first.
    private static func both(
        _ name: String, _ window: Window, _ x: [Int], _ w: [Int], outputPadding: [Int]? = nil, hasBias: Bool = false
    ) -> [OperatorCase] {
        [ChannelLayout.first, .last].map { layout in
            let shape = layout.join(batch: x[0], channels: x[1], spatial: Array(x.dropFirst(2)))
            let bias = hasBias ? [TensorType(.float32, [w[1] * window.groups])] : []
            return OperatorCase(
                "\(name), channels \(layout)", ConvTranspose(window: window, outputPadding: outputPadding, layout: layout),
                [TensorType(.float32, shape), TensorType(.float32, w)] + bias)
        }
    }

    static let cases: [OperatorCase] =
        both("3x3", Window(padding: 1), [2, 3, 3, 4], [3, 4, 3, 3], hasBias: true)
        + both("doubling", Window(stride: 2), [2, 3, 2, 3], [3, 2, 2, 2], hasBias: true)
        + both("output padding", Window(stride: 2, padding: 1), [1, 2, 3, 3], [2, 3, 3, 3], outputPadding: [1, 1])
        // Swapped ends or axes of the padding change the result.
        + both(
            "asymmetric pads", Window(strides: [2, 3], padsBefore: [0, 2], padsAfter: [1, 0]), [1, 2, 3, 3], [2, 3, 3, 3],
            outputPadding: [0, 2])
        + both(
            "dilations", Window(strides: [1, 1], dilations: [2, 3], padsBefore: [1, 0]), [1, 2, 3, 3], [2, 2, 3, 2], hasBias: true
        )
        + both(
            "groups", Window(stride: 2, padding: 1, groups: 2), [1, 4, 3, 3], [4, 3, 3, 3], outputPadding: [1, 0], hasBias: true)
        + both("depthwise", Window(padding: 1, groups: 3), [2, 3, 3, 3], [3, 1, 3, 3])
        + both(
            "one axis", Window(strides: [2], dilations: [2], padsBefore: [1], padsAfter: [2]), [2, 3, 5], [3, 4, 3],
            outputPadding: [1], hasBias: true)
        + both(
            "three axes", Window(strides: [2, 1, 2], padsBefore: [1, 0, 1], padsAfter: [0, 1, 0]), [1, 2, 2, 3, 2],
            [2, 3, 2, 2, 3], outputPadding: [1, 0, 0], hasBias: true)

    /// The sizes of decoders, and some that blocked kernels do not like.
    static let large: [OperatorCase] =
        both("decoder", Window(stride: 2), [1, 32, 9, 11], [32, 16, 2, 2], hasBias: true)
        + both("odd channels", Window(stride: 2, padding: 1), [2, 37, 7, 5], [37, 19, 4, 4], hasBias: true)
        + both("volume", Window(rank: 3, stride: 2), [1, 16, 4, 5, 3], [16, 8, 2, 2, 2], hasBias: true)

    @Test(arguments: cases + large) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: cases) func gradientMatchesFiniteDifferences(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase) == nil)
    }

    @Test(arguments: cases, [13, 17, 20]) func whatIsWrittenIsReadBack(_ testCase: OperatorCase, _ opset: Int) throws {
        #expect(try SpellingCheck.mismatch(testCase, opset: opset) == nil)
    }

    @Test(arguments: cases + large) func packedWeightsComputeTheSame(_ testCase: OperatorCase) throws {
        #expect(try PackedCheck.mismatch(testCase) == nil)
    }

    /// The library takes every case; else the comparisons above compare nothing.
    @Test(arguments: cases + large) func libraryTakesEveryCase(_ testCase: OperatorCase) throws {
        let op = try #require(testCase.op as? ConvTranspose)
        let problem = KernelProblem(
            inputs: testCase.inputs, outputs: try op.outputTypes(testCase.inputs), constants: testCase.inputs.map { _ in nil },
            packs: PackStore(), threads: 2)
        #expect(try op.kernel(for: problem).name == "onednn")
    }

    @Test(arguments: [
        ConvTranspose(window: Window(), outputPadding: [1, 0]), ConvTranspose(window: Window(stride: 2), outputPadding: [-1, 0]),
        ConvTranspose(window: Window(stride: 2), outputPadding: [1]), ConvTranspose(window: Window(padding: 9)),
        ConvTranspose(window: Window(groups: 2)), ConvTranspose(window: Window(strides: [Int.max, 1])),
        ConvTranspose(window: Window(strides: [Int.max, 1]), outputPadding: [Int.max - 1, 0]),
        ConvTranspose(window: Window(strides: [1, 1], padsBefore: [Int.max, 0], padsAfter: [Int.max, 0])),
        ConvTranspose(window: Window(strides: [1, 1], dilations: [Int.max, 1])), ConvTranspose(window: Window(rank: 1)),
    ]) func rejectsWindows(_ op: ConvTranspose) {
        #expect(throws: GraphError.self) {
            try op.outputTypes([TensorType(.float32, [1, 3, 4, 4]), TensorType(.float32, [3, 2, 3, 3])])
        }
    }

    @Test(arguments: [
        [[1, 4, 4, 4], [3, 2, 3, 3]], [[1, 3, 4], [3, 2, 3, 3]], [[3, 4], [3, 2]], [[1, 3, 4, 4], [3, 2, 3, 3], [3]],
    ])
    func rejectsShapes(_ shapes: [[Int]]) {
        #expect(throws: GraphError.self) {
            try ConvTranspose(window: Window()).outputTypes(shapes.map { TensorType(.float32, $0) })
        }
    }

    private static func read(_ attributes: [String: OnnxValue]) throws -> ConvTranspose {
        var reader = OnnxReader(
            type: "ConvTranspose", opset: 17, attributes: attributes,
            inputs: [TensorType(.float32, [1, 3, 4, 4]), TensorType(.float32, [3, 2, 3, 3])], constants: [nil, nil],
            outputCount: 1)
        let op = try ConvTranspose(onnx: &reader)
        #expect(reader.unread == [])
        return op
    }

    /// Whole sizes are 9 x 9 for stride 2: 8 takes one element off, 10 needs one more.
    @Test func outputShapeBecomesPadding() throws {
        let op = try Self.read(["strides": .ints([2, 2]), "output_shape": .ints([8, 10]), "pads": .ints([5, 5, 5, 5])])
        #expect(op.window == Window(strides: [2, 2], padsBefore: [1, 0], padsAfter: [0, 0]) && op.outputPadding == [0, 1])
        let upper = try Self.read([
            "strides": .ints([2, 2]), "output_shape": .ints([1, 2, 8, 8]), "auto_pad": .string("SAME_UPPER"),
        ])
        #expect(upper.window == Window(strides: [2, 2], padsBefore: [0, 0], padsAfter: [1, 1]))
    }

    @Test(arguments: [
        ["kernel_shape": OnnxValue.ints([2, 2])], ["output_padding": .ints([1])], ["output_padding": .ints([-1, 0])],
        ["output_padding": .ints([Int.max, 0])], ["output_shape": .ints([8])], ["output_shape": .ints([0, 8])],
        ["auto_pad": .string("SAME")], ["auto_pad": .string("VALID"), "pads": .ints([1, 0, 0, 0])],
        ["strides": .ints([Int.max, 1]), "auto_pad": .string("SAME_LOWER")],
    ]) func rejectsAttributes(_ attributes: [String: OnnxValue]) {
        #expect(throws: GraphError.self) { try Self.read(attributes) }
    }
}
