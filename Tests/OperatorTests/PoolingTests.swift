import Graph
import TestSupport
import Testing

@Suite struct PoolingTests {
    private static func type(_ layout: ChannelLayout, _ x: [Int]) -> TensorType {
        TensorType(.float32, layout.join(batch: x[0], channels: x[1], spatial: Array(x.dropFirst(2))))
    }

    private struct Shape {
        let name: String
        let kernel: [Int]
        let window: Window
        var ceilMode = false
        /// Channels-first.
        let x: [Int]
    }

    private static let shapes: [Shape] = [
        Shape(name: "2x2", kernel: [2, 2], window: Window(stride: 2), x: [2, 3, 4, 6]),
        Shape(name: "overlapping with padding", kernel: [3, 3], window: Window(stride: 2, padding: 1), x: [1, 3, 5, 6]),
        Shape(
            name: "asymmetric pads", kernel: [3, 2], window: Window(strides: [1, 2], padsBefore: [2, 0], padsAfter: [0, 1]),
            x: [1, 2, 4, 5]),
        Shape(
            name: "dilations", kernel: [2, 3],
            window: Window(strides: [1, 1], dilations: [3, 2], padsBefore: [1, 2], padsAfter: [2, 1]), x: [1, 2, 5, 6]),
        Shape(name: "rounded up", kernel: [3, 3], window: Window(stride: 2), ceilMode: true, x: [1, 2, 6, 8]),
        // Rounding up would start a window behind the input here.
        Shape(
            name: "rounded up, last window dropped", kernel: [1, 2],
            window: Window(strides: [3, 2], padsBefore: [0, 1], padsAfter: [0, 1]), ceilMode: true, x: [1, 2, 5, 5]),
        Shape(name: "one axis", kernel: [3], window: Window(strides: [2], padsBefore: [1]), x: [2, 3, 7]),
        Shape(
            name: "three axes", kernel: [2, 3, 2],
            window: Window(strides: [1, 2, 2], padsBefore: [1, 0, 1], padsAfter: [0, 1, 0]), x: [1, 2, 3, 5, 4]),
        Shape(
            name: "three axes, dilations", kernel: [2, 2, 3],
            window: Window(strides: [2, 1, 2], dilations: [2, 1, 2], padsBefore: [0, 1, 2], padsAfter: [1, 0, 1]),
            x: [1, 2, 4, 3, 5]),
        Shape(
            name: "three axes, rounded up", kernel: [3, 2, 2], window: Window(strides: [2, 2, 3], padsBefore: [1, 0, 0]),
            ceilMode: true,
            x: [2, 2, 4, 5, 4]),
    ]

    /// Values far enough apart that a small step never changes which element is the largest.
    private static func distinct(_ type: TensorType) -> Tensor {
        let count = type.elementCount
        let values = (0..<count).map { Float($0 * 37 % count == 0 && $0 > 0 ? count : ($0 * 7919) % 10007) / 1000 - 4 }
        return Tensor(values, shape: type.shape)
    }

    static let cases: [OperatorCase] = [ChannelLayout.first, .last].flatMap { layout in
        shapes.flatMap { shape in
            let x = type(layout, shape.x)
            let name = "\(shape.name), channels \(layout)"
            let max = MaxPool(kernel: shape.kernel, window: shape.window, ceilMode: shape.ceilMode, layout: layout)
            return [
                OperatorCase(name, max, [x], fixed: [0: distinct(x)], step: 1.0 / 4096),
                OperatorCase(
                    name, AveragePool(kernel: shape.kernel, window: shape.window, ceilMode: shape.ceilMode, layout: layout), [x]),
                OperatorCase(
                    name + ", padding counts",
                    AveragePool(
                        kernel: shape.kernel, window: shape.window, ceilMode: shape.ceilMode, countIncludePad: true,
                        layout: layout), [x]),
            ]
        } + [
            OperatorCase("channels \(layout)", GlobalAveragePool(layout: layout), [type(layout, [2, 5, 3, 4])]),
            OperatorCase("one axis, channels \(layout)", GlobalAveragePool(layout: layout), [type(layout, [2, 3, 7])]),
            OperatorCase("three axes, channels \(layout)", GlobalAveragePool(layout: layout), [type(layout, [1, 3, 2, 3, 2])]),
        ]
    }

    /// More channels than one run of the kernels.
    static let large: [OperatorCase] = [ChannelLayout.first, .last].flatMap { layout in
        let x = type(layout, [2, 131, 11, 13])
        let window = Window(stride: 2, padding: 1)
        let max = MaxPool(kernel: [3, 3], window: window, layout: layout)
        let average = AveragePool(kernel: [3, 3], window: window, layout: layout)
        let y = type(layout, [2, 131, 6, 7])
        return [
            OperatorCase("many channels, \(layout)", max, [x]), OperatorCase("many channels, \(layout)", average, [x]),
            OperatorCase("many channels, \(layout)", GlobalAveragePool(layout: layout), [x]),
            OperatorCase("many positions, \(layout)", GlobalAveragePool(layout: layout), [type(layout, [2, 70, 37, 33])]),
            OperatorCase("many channels, \(layout)", MaxPoolGradient(pool: max), [x, y]),
            OperatorCase("many channels, \(layout)", AveragePoolGradient(pool: average, inputShape: x.shape), [y]),
        ] + volumes(layout)
    }

    /// Both gradients in three dimensions, whose windows overlap.
    private static func volumes(_ layout: ChannelLayout) -> [OperatorCase] {
        let x = type(layout, [2, 67, 5, 7, 6])
        let window = Window(rank: 3, stride: 2, padding: 1)
        let max = MaxPool(kernel: [3, 3, 3], window: window, layout: layout)
        let average = AveragePool(kernel: [3, 3, 3], window: window, countIncludePad: true, layout: layout)
        let y = type(layout, [2, 67, 3, 4, 3])
        return [
            OperatorCase("volumes, \(layout)", max, [x]), OperatorCase("volumes, \(layout)", average, [x]),
            OperatorCase("volumes, \(layout)", GlobalAveragePool(layout: layout), [x]),
            OperatorCase("volumes, \(layout)", MaxPoolGradient(pool: max), [x, y]),
            OperatorCase("volumes, \(layout)", AveragePoolGradient(pool: average, inputShape: x.shape), [y]),
        ]
    }

    @Test(arguments: cases + large) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: cases) func gradientMatchesFiniteDifferences(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase) == nil)
    }

    @Test(arguments: cases.filter { $0.name.contains("channels last") }) func loweringComputesTheSame(
        _ testCase: OperatorCase
    ) throws {
        #expect(try LoweringCheck.mismatch(testCase) == nil)
    }

    /// Among equal elements the first one gets the gradient.
    @Test(arguments: [ChannelLayout.first, .last]) func firstOfEqualElementsWins(_ layout: ChannelLayout) throws {
        let pool = MaxPool(kernel: [2, 2], window: Window(stride: 2), layout: layout)
        let x = Tensor([1, 1, 0, 2, 1, 1, 2, 2] as [Float], shape: layout.join(batch: 1, channels: 1, spatial: [2, 4]))
        let dy = Tensor([3, 5] as [Float], shape: layout.join(batch: 1, channels: 1, spatial: [1, 2]))
        for implementation in ["direct", "reference"] {
            let dx = try GraphEvaluator(implementation: implementation).run(MaxPoolGradient(pool: pool), [x, dy])[0]
            #expect(dx.array(of: Float.self) == [3, 0, 0, 5, 0, 0, 0, 0])
        }
    }

    @Test(arguments: [ChannelLayout.first, .last]) func notANumberIsTheLargest(_ layout: ChannelLayout) throws {
        let pool = MaxPool(kernel: [2, 2], window: Window(stride: 2), layout: layout)
        let x = Tensor([1, .nan, 0, 2, 1, 1, 2, 2] as [Float], shape: layout.join(batch: 1, channels: 1, spatial: [2, 4]))
        for implementation in ["direct", "reference"] {
            let y = try GraphEvaluator(implementation: implementation).run(pool, [x])[0].array(of: Float.self)
            #expect(y[0].isNaN && y[1] == 2)
        }
    }

    @Test func rejectsWindowsInThePadding() {
        #expect(throws: GraphError.self) {
            try MaxPool(kernel: [2, 2], window: Window(padding: 2)).outputTypes([TensorType(.float32, [1, 1, 4, 4])])
        }
    }

    /// Places of the largest elements, counted along or against the order of the axes; what they are put back to.
    @Test(arguments: [(MaxPool.Indices.rowMajor, [5, 6, 15, 14]), (.columnMajor, [6, 11, 18, 13])])
    func placesAreCounted(_ indices: MaxPool.Indices, _ expected: [Double]) throws {
        let x = Tensor([0, 0, 0, 0, 0, 9, 8, 0, 0, 0, 0, 0, 0, 0, 7, 9, 0, 0, 0, 0].map { Float($0) }, shape: [1, 1, 5, 4])
        let pool = MaxPool(kernel: [3, 2], window: Window(strides: [2, 2]), indices: indices)
        let outputs = try GraphEvaluator().run(pool, [x])
        #expect(outputs[0].doubles == [9, 8, 0, 9])
        #expect(outputs[1].doubles[0] == expected[0] && outputs[1].doubles[1] == expected[1])
        guard indices == .rowMajor else { return }
        let back = try GraphEvaluator().run(MaxUnpool(kernel: [3, 2], window: pool.window), outputs)[0]
        #expect(back.shape == x.shape)
        #expect(back.doubles[5] == 9 && back.doubles[6] == 8 && back.doubles[15] == 9 && back.doubles.reduce(0, +) == 26)
    }

    @Test(arguments: [DataType.uint8, .int8]) func maximaOfBytes(_ type: DataType) throws {
        let x = Tensor(zeros: TensorType(type, [2, 7, 6, 37]))
        for index in 0..<x.type.elementCount {
            ElementAccess(type).store(integer: Int64(index * 91 % 251), x.rawPointer, index)
        }
        let pool = MaxPool(kernel: [3, 2], window: Window(stride: 2, padding: 1), layout: .last)
        let testCase = OperatorCase("\(type)", pool, [x.type], fixed: [0: x], tolerance: .exact)
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
        let y = try GraphEvaluator(implementation: "bytes").run(pool, [x])[0]
        #expect(Set(y.doubles).count > 20)
    }

    @Test(arguments: [DataType.float64, .int64, .uint8, .int32]) func maximaOfOtherTypes(_ type: DataType) throws {
        var random = SeededRandom(seed: 4)
        let x = random.tensor(TensorType(type, [1, 1, 3, 3]), in: -9...9)
        let y = try GraphEvaluator().run(MaxPool(kernel: [3, 3], window: Window()), [x])[0]
        #expect(y.type.dataType == type && y.doubles == [x.doubles.max() ?? .nan])
    }
}
