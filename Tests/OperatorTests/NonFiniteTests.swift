import Graph
import Kernels
import TestSupport
import Testing

/// A NaN or an infinity in an input reaches the outputs that are computed from it, and no others, in every implementation.
///
/// Which outputs those are is found with finite numbers: they change when the element does.
@Suite struct NonFiniteTests {
    private static func type(_ shape: Int...) -> TensorType { TensorType(.float32, shape) }

    /// Operators whose answer at minus infinity is infinity times zero in the formula and its limit in a kernel.
    private static let limits: Set<String> = ["Gelu", "Silu", "Mish", "Swish"]

    /// Of weights, which are no data, nothing is asked: `differentiable` names the inputs that are looked at.
    private static func conv(_ name: String, _ channels: Int, _ outputs: Int, _ window: Window, kernel: Int = 3) -> OperatorCase {
        OperatorCase(
            "\(name), \(channels) to \(outputs) channels", FusedConv(window: window),
            [type(2, channels, 5, 6), type(outputs, channels / window.groups, kernel, kernel), type(outputs)], differentiable: [0]
        )
    }

    private static var averaging: Resize.Filter {
        var filter = Resize.Filter()
        filter.antialiases = true
        return filter
    }

    static let convolutions: [OperatorCase] = [
        conv("few", 3, 5, Window(padding: 1)), conv("blocks with tails", 19, 21, Window(padding: 1)),
        conv("strided", 16, 16, Window(stride: 2, padding: 1)), conv("one tap", 19, 21, Window(), kernel: 1),
        conv("depthwise", 19, 19, Window(padding: 1, groups: 19)), conv("groups", 8, 12, Window(padding: 1, groups: 4)),
        conv("dilated", 16, 16, Window(padding: 2, dilation: 2)),
        OperatorCase(
            "channels last", FusedConv(window: Window(padding: 1), layout: .last),
            [type(2, 5, 6, 19), type(21, 19, 3, 3), type(21)], differentiable: [0]),
        OperatorCase(
            "transposed", ConvTranspose(window: Window(stride: 2)), [type(2, 19, 5, 7), type(19, 6, 3, 3), type(6)],
            differentiable: [0]),
        OperatorCase(
            "volume", FusedConv(window: Window(rank: 3, padding: 1)), [type(2, 3, 4, 3, 5), type(4, 3, 3, 3, 3), type(4)],
            differentiable: [0]),
    ]

    static let products: [OperatorCase] = [
        OperatorCase("blocked", MatMul(), [type(2, 5, 37), type(37, 21)]),
        OperatorCase("of batches", MatMul(), [type(2, 5, 37), type(2, 37, 21)]),
        OperatorCase("general", Gemm(transB: true), [type(7, 37), type(21, 37), type(21)]),
        OperatorCase(
            "fused", FusedMatMul(), [type(2, 5, 37), type(37, 45), type(45), type(2, 5, 45)],
            differentiable: [0, 2, 3]),
        OperatorCase(
            "transposed, fused", FusedMatMul(transposeB: true), [type(19, 37), type(45, 37), type(45)],
            differentiable: [0]),
        OperatorCase(
            "rounded to bfloat16", FusedMatMul(precision: .bfloat16), [type(19, 37), type(37, 45), type(45)],
            differentiable: [0], tolerance: Tolerance(absolute: 1e-4, relative: 1e-4)),
    ]

    static let others: [OperatorCase] = [
        OperatorCase("", ScaledDotProductAttention(), [type(2, 2, 19, 8), type(2, 2, 21, 8), type(2, 2, 21, 8)]),
        OperatorCase("long", ScaledDotProductAttention(), [type(1, 2, 3, 16), type(1, 2, 300, 16), type(1, 2, 300, 16)]),
        OperatorCase("", PackedAttention(heads: 2), [type(2, 19, 48)]),
        OperatorCase("", MaxPool(kernel: [3, 3], window: Window(stride: 2, padding: 1)), [type(2, 5, 9, 11)]),
        OperatorCase("last", MaxPool(kernel: [2, 3], window: Window(stride: 2), layout: .last), [type(2, 9, 11, 5)]),
        OperatorCase("", AveragePool(kernel: [3, 3], window: Window(padding: 1)), [type(2, 5, 9, 11)]),
        OperatorCase(
            "padded", AveragePool(kernel: [3, 2], window: Window(stride: 2, padding: 1), countIncludePad: true, layout: .last),
            [type(2, 9, 11, 5)]),
        OperatorCase("", GlobalAveragePool(), [type(2, 5, 9, 11)]),
        OperatorCase("last axis", Softmax(), [type(3, 5, 37)]), OperatorCase("inner axis", Softmax(axis: 1), [type(3, 5, 37)]),
        OperatorCase("last axis", LogSoftmax(), [type(3, 5, 37)]),
        OperatorCase("", LayerNormalization(), [type(3, 5, 37), type(37), type(37)]),
        OperatorCase("", RMSNormalization(), [type(3, 5, 37), type(37)]),
        OperatorCase("", GroupNormalization(groups: 2), [type(2, 6, 5, 7), type(6), type(6)]),
        OperatorCase(
            "", BatchNormalization(), [type(2, 6, 5, 7), type(6), type(6), type(6), type(6)],
            ranges: [-1...1, -1...1, -1...1, -1...1, 0.5...1]),
        OperatorCase("linear", Resize(.scales([2, 2])), [type(2, 3, 5, 7)]),
        OperatorCase("linear, odd sizes", Resize(.sizes([11, 9])), [type(2, 3, 5, 7)]),
        OperatorCase("linear, smaller", Resize(.sizes([4, 3])), [type(2, 3, 9, 11)]),
        OperatorCase("linear, many channels", Resize(.scales([2, 2]), layout: .last), [type(2, 5, 7, 19)]),
        OperatorCase("aligned", Resize(.sizes([9, 13]), coordinates: .alignCorners), [type(2, 3, 5, 7)]),
        OperatorCase("nearest", Resize(.scales([2, 2]), mode: .nearest), [type(2, 3, 5, 7)]),
        OperatorCase("cubic", Resize(.sizes([9, 13]), mode: .cubic), [type(2, 3, 5, 7)]),
        OperatorCase(
            "averaging", Resize(.sizes([4, 5]), filter: averaging), [type(2, 3, 9, 11)]),
        OperatorCase("", ReduceMean(axes: [1], keepDimensions: false), [type(3, 37, 5)]),
        OperatorCase("", ReduceSum(axes: [2], keepDimensions: true), [type(3, 5, 37)]),
        OperatorCase("", ReduceMax(axes: [2], keepDimensions: false), [type(3, 5, 37)]),
        OperatorCase("", ReduceMin(axes: [2], keepDimensions: false), [type(3, 5, 37)]),
        OperatorCase("", Add(), [type(2, 3, 37), type(3, 1)]), OperatorCase("", Mul(), [type(2, 3, 37), type(37)]),
        OperatorCase("", Transpose(permutation: [0, 2, 1]), [type(2, 19, 21)]),
        OperatorCase("", Concat(axis: 1), [type(2, 3, 7), type(2, 5, 7)]),
    ]

    static let activations: [OperatorCase] =
        ([
            Relu(), Gelu(), Silu(), Sigmoid(), Tanh(), HardSwish(), HardSigmoid(), LeakyRelu(), Elu(), Erf(), Mish(), Softplus(),
        ] as [any Operator]).map { OperatorCase("", $0, [type(3, 37)]) }

    /// An implementation, and whether it may pack the second input.
    private struct Way {
        let name: String?
        let constants: Set<Int>
    }

    private static func ways(_ op: any Operator) -> [Way] {
        guard let executable = op as? any Executable else { return [] }
        return Self.names(executable).map { Way(name: $0, constants: []) } + [Way(name: nil, constants: [1])]
    }

    private static func names<Op: Executable>(_ op: Op) -> [String] { Op.implementations.map(\.name) }

    private static func isSame(_ actual: Double, _ expected: Double, _ tolerance: Tolerance) -> Bool {
        expected.isNaN ? actual.isNaN : tolerance.accepts(actual, expected)
    }

    /// A resized element is a sum over neighbours of which some have the weight 0, which times NaN is NaN; they lie in the same
    /// map of the same picture.
    private static func mayReach(_ testCase: OperatorCase, input: Int, output: Int) -> Bool {
        guard let resize = testCase.op as? Resize, let x = testCase.inputs[0], let y = try? resize.outputTypes([x])[0] else {
            return false
        }
        func map(_ element: Int, _ type: TensorType) -> [Int] {
            let position = zip(type.shape, type.strides).map { element / $1 % $0 }
            return [position[0], position[resize.layout.channelAxis(rank: type.rank)]]
        }
        return map(input, x) == map(output, y)
    }

    /// The inputs with one element replaced.
    private static func replaced(_ inputs: [Tensor?], _ input: Int, _ element: Int, by value: Float) -> [Tensor?] {
        var result = inputs
        result[input] = inputs[input].map { tensor in
            var values = tensor.array(of: Float.self)
            values[element] = value
            return Tensor(values, shape: tensor.shape)
        }
        return result
    }

    @Test(arguments: convolutions + products + others + activations) func othersStayFinite(_ testCase: OperatorCase) throws {
        let inputs = testCase.tensors(seed: 21)
        let reference = GraphEvaluator(implementation: "reference")
        for input in inputs.indices where testCase.differentiable?.contains(input) ?? true {
            guard let count = inputs[input]?.type.elementCount else { continue }
            for element in Set([0, count / 2, count - 1]).sorted() {
                let high = try reference.run(testCase.op, Self.replaced(inputs, input, element, by: 1e3))[0].doubles
                let low = try reference.run(testCase.op, Self.replaced(inputs, input, element, by: -2e3))[0].doubles
                for value in [Float.nan, .infinity, -.infinity] {
                    if value == -.infinity, Self.limits.contains(testCase.op.name) { continue }
                    let given = Self.replaced(inputs, input, element, by: value)
                    let expected = try reference.run(testCase.op, given)[0].doubles
                    let what = "\(testCase), input \(input), element \(element) is \(value)"
                    for index in expected.indices {
                        if high[index] == low[index] {
                            let isNear = Self.mayReach(testCase, input: element, output: index)
                            #expect(isNear || expected[index].isFinite, "\(what): output \(index) is \(expected[index])")
                        } else if value.isNaN {
                            #expect(expected[index].isNaN, "\(what): output \(index) is \(expected[index])")
                        }
                    }
                    for way in Self.ways(testCase.op) {
                        let actual: [Double]
                        do {
                            actual = try GraphEvaluator(implementation: way.name)
                                .run(testCase.op, given, constants: way.constants)[0].doubles
                        } catch let error as KernelError where error.code == .unsupported {
                            continue
                        }
                        let wrong = expected.indices.first { index in
                            let isFree = high[index] == low[index] && Self.mayReach(testCase, input: element, output: index)
                            return !isFree && !Self.isSame(actual[index], expected[index], testCase.tolerance)
                        }
                        if let wrong {
                            Issue.record(
                                "\(what), \(way.name ?? "packed"): output \(wrong) is \(actual[wrong]), not \(expected[wrong])")
                        }
                    }
                }
            }
        }
    }
}
