import CKernels
import Graph
import Kernels
import TestSupport
import Testing

/// Kernels that read and write bfloat16 and compute in float32.
@Suite struct BFloat16OperatorTests {
    /// A sum in another order can round to the neighbouring bfloat16, which is at most 1/128 away.
    private static let tolerance = Tolerance(absolute: 1e-4, relative: 1.0 / 128)

    private static func narrow(_ shape: Int...) -> TensorType { TensorType(.bfloat16, shape) }
    private static func wide(_ shape: Int...) -> TensorType { TensorType(.float32, shape) }

    private static func test(_ name: String, _ op: any Operator, _ inputs: [TensorType?]) -> OperatorCase {
        OperatorCase(name, op, inputs, range: -3...3, tolerance: tolerance)
    }

    private static let unary: [any Operator] = [
        Relu(), LeakyRelu(alpha: 0.1), Silu(), Sigmoid(), HardSwish(), HardSigmoid(), Gelu(), Gelu(approximate: .tanh),
        Clip(min: 0, max: 1.5), Tanh(), Neg(), Abs(), Exp(), Softplus(), Elu(), Mish(),
    ]

    private static let shapes: [(name: String, inputs: [TensorType])] = [
        ("equal shapes", [narrow(2, 3, 5, 7), narrow(2, 3, 5, 7)]),
        ("a gate for every channel", [narrow(2, 3, 5, 40), narrow(2, 1, 1, 40)]),
        ("a vector first", [narrow(40), narrow(2, 9, 40)]),
        ("a number", [narrow(2, 9, 40), narrow()]),
        ("a number for every row", [narrow(6, 1), narrow(6, 7)]),
    ]

    static let elementwise: [OperatorCase] = {
        let binary: [any Operator] = [Add(), Sub(), Mul(), Div()]
        var cases = unary.map { test("of bfloat16", $0, [narrow(3, 5, 37)]) }
        for op in binary {
            for shape in shapes { cases.append(test(shape.name, op, shape.inputs)) }
        }
        return cases
    }()

    static let pooling: [OperatorCase] = [
        test(
            "overlapping", MaxPool(kernel: [3, 3], window: Window(stride: 2, padding: 1), layout: .last), [narrow(2, 9, 7, 70)]),
        test(
            "dilated",
            MaxPool(kernel: [2, 2], window: Window(strides: [1, 2], dilations: [2, 1]), ceilMode: true, layout: .last),
            [narrow(1, 6, 6, 5)]),
        test(
            "overlapping", AveragePool(kernel: [3, 2], window: Window(stride: 2, padding: 1), layout: .last),
            [narrow(2, 9, 7, 70)]),
        test(
            "padding counts",
            AveragePool(kernel: [3, 3], window: Window(stride: 2, padding: 1), countIncludePad: true, layout: .last),
            [narrow(1, 6, 6, 5)]),
        test("many positions", GlobalAveragePool(layout: .last), [narrow(2, 13, 11, 70)]),
        test("positions in pieces", GlobalAveragePool(layout: .last), [narrow(2, 33, 37, 70)]),
        test("volumes", GlobalAveragePool(layout: .last), [narrow(1, 3, 2, 5, 9)]),
    ]

    static let normalization: [OperatorCase] = [
        test("to bfloat16", LayerNormalization(result: .bfloat16), [wide(5, 75), wide(75), wide(75)]),
        test("from bfloat16", LayerNormalization(result: .float32), [narrow(5, 75), wide(75), wide(75)]),
        test("all bfloat16", LayerNormalization(result: .bfloat16), [narrow(2, 3, 96), wide(96), wide(96)]),
        test("without bias", LayerNormalization(axis: 1, result: .bfloat16), [narrow(5, 3, 7), wide(3, 7)]),
    ]

    static let resizing: [OperatorCase] = [ChannelLayout.first, .last].flatMap { layout in
        [3, 40].flatMap { channels in
            let x = TensorType(.bfloat16, layout.join(batch: 2, channels: channels, spatial: [7, 9]))
            return [
                test("\(channels) channels, \(layout)", Resize(.scales([2, 2]), layout: layout), [x]),
                test("to less, \(channels) channels, \(layout)", Resize(.sizes([5, 9]), layout: layout), [x]),
                test(
                    "nearest, \(channels) channels, \(layout)", Resize(.scales([2, 3]), mode: .nearest, layout: layout), [x]),
            ]
        }
    }

    @Test(arguments: elementwise + pooling + normalization + resizing) func kernelsMatchReference(_ testCase: OperatorCase) throws
    {
        let op = try #require(testCase.op as? any Executable)
        let problem = KernelProblem(
            inputs: testCase.inputs, outputs: try op.outputTypes(testCase.inputs), constants: testCase.inputs.map { _ in nil },
            packs: PackStore(), threads: 2)
        #expect(try op.kernel(for: problem).name != "reference")
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    /// What is no number stays so, and infinities stay infinite.
    @Test func specialNumbersStay() throws {
        let x = try GraphEvaluator().run(
            Cast(to: .bfloat16), [Tensor([.nan, .infinity, -.infinity, -0.0] as [Float], shape: [4])])
        let y = try GraphEvaluator(implementation: "simd").run(Add(), [x[0], x[0]])[0].doubles
        #expect(y[0].isNaN && y[1] == .infinity && y[2] == -.infinity && y[3] == 0)
        let pool = MaxPool(kernel: [2], window: Window(strides: [1]), layout: .last)
        let pooled = try GraphEvaluator(implementation: "direct").run(
            pool, [Tensor(TensorType(.bfloat16, [1, 4, 1]), storage: x[0].storage)])[0]
        #expect(pooled.doubles[0].isNaN && pooled.doubles[1] == .infinity && pooled.doubles[2] == 0)
    }

    @Test func normalizationChecksItsTypes() throws {
        let norm = LayerNormalization(result: .bfloat16)
        #expect(throws: GraphError.self) { try norm.outputTypes([Self.narrow(2, 4), Self.narrow(4)]) }
        #expect(throws: GraphError.self) { try norm.outputTypes([TensorType(.float16, [2, 4]), Self.wide(4)]) }
        #expect(throws: GraphError.self) {
            try LayerNormalization(result: .float16).outputTypes([Self.wide(2, 4), Self.wide(4)])
        }
        #expect(throws: GraphError.self) { try LayerNormalization().outputTypes([Self.narrow(2, 4), Self.wide(4)]) }
        #expect(try norm.outputTypes([Self.wide(2, 4), Self.wide(4)]) == [Self.narrow(2, 4)])
    }
}
