import Graph
import TestSupport
import Testing
import TrainingKernels

/// Quantisation and what computes on quantised values.
@Suite struct QuantizationTests {
    private static func float(_ shape: [Int]) -> TensorType { TensorType(.float32, shape) }

    private static func bytes(_ type: DataType, _ values: [Int], _ shape: [Int]) -> Tensor {
        let tensor = Tensor(zeros: TensorType(type, shape))
        for (index, value) in values.enumerated() {
            ElementAccess(type).store(integer: Int64(value), tensor.rawPointer, index)
        }
        return tensor
    }

    private static func ramp(_ type: DataType, _ shape: [Int]) -> Tensor {
        Self.bytes(type, (0..<shape.reduce(1, *)).map { $0 * 37 % 251 }, shape)
    }

    static let cases: [OperatorCase] = [.uint8, .int8].flatMap { (type: DataType) in
        let zeros = Self.bytes(type, [3, 0, 7], [3])
        return [
            OperatorCase("tensor", QuantizeLinear(to: type), [float([2, 3, 40]), float([])], ranges: [-9...9, 0.01...0.05]),
            OperatorCase(
                "axis", QuantizeLinear(to: type), [float([2, 3, 5, 7]), float([3]), TensorType(type, [3])],
                ranges: [-9...9, 0.01...0.2, 0...1], fixed: [2: zeros]),
            OperatorCase(
                "special", QuantizeLinear(to: type), [float([20]), float([])],
                fixed: [
                    0: Tensor([.nan, .infinity, -.infinity, 0.5, 1.5, -0.5] + [Float](repeating: -2.5, count: 14), shape: [20]),
                    1: Tensor([1.0], shape: []),
                ]),
            OperatorCase(
                "blocks", QuantizeLinear(to: type, grid: QuantizationGrid(axis: 1, blockSize: 2)),
                [float([2, 5, 16]), float([2, 3, 16])], ranges: [-9...9, 0.01...0.2]),
            OperatorCase(
                "axis", DequantizeLinear(), [TensorType(type, [2, 3, 40]), float([3]), TensorType(type, [3])],
                fixed: [0: Self.ramp(type, [2, 3, 40]), 2: zeros]),
            OperatorCase("tensor", DequantizeLinear(), [TensorType(type, [77]), float([])], fixed: [0: Self.ramp(type, [77])]),
        ]
    }

    @Test(arguments: cases) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: cases) func spellingComesBack(_ testCase: OperatorCase) throws {
        #expect(try SpellingCheck.mismatch(testCase, opset: 21) == nil)
    }

    /// What leaves the range of the result stops at its bounds.
    @Test func productsAreHeld() throws {
        let a = Self.bytes(.int8, [100, -100, 50, 2], [2, 2])
        let b = Self.bytes(.int8, [100, 1, -100, 0], [2, 2])
        let (one, zero) = (Tensor([1.0], shape: []), Self.bytes(.int8, [0], []))
        let product = try GraphEvaluator().run(QLinearMatMul(), [a, one, zero, b, one, zero, one, zero])[0]
        #expect(product.doubles == [127, 100, 127, 50])
        #expect(try GraphEvaluator().run(MatMulInteger(), [a, b])[0].doubles == [20000, 100, 4800, 50])
    }

    /// The fast kernel with zero points that are known late or never given, of matrices, rows and columns.
    @Test(arguments: [DataType.uint8, .int8]) func sumsOfProducts(_ type: DataType) throws {
        let zero = Self.bytes(type, [5], [])
        for (left, right) in [([3, 19, 33], [33, 70]), ([2, 4, 33], [2, 33, 5]), ([33], [33, 7]), ([4, 33], [33])] {
            let (a, b) = (Self.ramp(.uint8, left), Self.ramp(type, right))
            for inputs in [[a, b], [a, b, Self.bytes(.uint8, [200], [1])], [a, b, nil, zero]] as [[Tensor?]] {
                let testCase = OperatorCase(
                    "\(left) by \(right)", MatMulInteger(), inputs.map { $0?.type },
                    fixed: inputs.enumerated().reduce(into: [:]) { $0[$1.offset] = $1.element }, tolerance: .exact)
                #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
                #expect(try PackedCheck.mismatch(testCase) == nil)
                _ = try GraphEvaluator(implementation: "wide").run(MatMulInteger(), inputs)
            }
        }
    }

    /// Ranges on both sides of 0 and on one, more elements than a thread's share, and what is no number. Bytes, scale and zero
    /// point are ONNX Runtime's where it defines them.
    @Test(
        arguments: [
            ([1, 2, 3], [85, 170, 255], 0.011_764_706, 0), ([-1, -2], [128, 0], 0.007_843_138, 255),
            ([0.5, -0.5, 0.25], [254, 0, 191], 0.003_921_569, 127), ([0, 0], [0, 0], 1, 0), ([], [], 1, 0),
            ([.nan, 1, -1], [0, 254, 0], 0.007_843_138, 127), ([.infinity, 1], [0, 0], .infinity, 0),
        ] as [([Float], [Double], Double, Double)])
    func dynamicRanges(_ x: [Float], _ bytes: [Double], _ scale: Double, _ zero: Double) throws {
        for implementation in ["vector", "reference"] {
            let results = try GraphEvaluator(implementation: implementation).run(
                DynamicQuantizeLinear(), [Tensor(x, shape: [x.count])])
            #expect(results[0].doubles == bytes)
            #expect(results[1].doubles == [Double(Float(scale))])
            #expect(results[2].doubles == [zero])
        }
    }

    @Test(arguments: [1, 31, 33, 16_384, 16_385, 70_001]) func dynamicBytesAreTheReferences(_ count: Int) throws {
        for range in [Float(-3)...5, 2...3, -0.001 ... -0.000_5] {
            let testCase = OperatorCase(
                "\(count) in \(range)", DynamicQuantizeLinear(), [Self.float([count])], ranges: [range], tolerance: .exact)
            #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
        }
    }

    /// Sums of convolutions with zero points that are known late, constant or absent, in groups and one axis or three.
    @Test(arguments: [DataType.uint8, .int8]) func sumsOfConvolutions(_ type: DataType) throws {
        let windows = [
            (Window(stride: 2, padding: 1), [2, 4, 7, 5], [5, 4, 3, 3]),
            (Window(rank: 1, padding: 1, groups: 3), [1, 6, 21], [9, 2, 3]),
            (Window(rank: 3), [1, 2, 4, 5, 6], [4, 2, 2, 1, 2]),
        ]
        for (window, left, right) in windows {
            let (x, w) = (Self.ramp(.uint8, left), Self.ramp(type, right))
            let zero = Self.bytes(type, [5], [1])
            for inputs in [[x, w], [x, w, Self.bytes(.uint8, [200], [])], [x, w, nil, zero]] as [[Tensor?]] {
                let testCase = OperatorCase(
                    "\(left) by \(right)", ConvInteger(window: window), inputs.map { $0?.type },
                    fixed: inputs.enumerated().reduce(into: [:]) { $0[$1.offset] = $1.element }, tolerance: .exact)
                #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
                #expect(try PackedCheck.mismatch(testCase) == nil)
                _ = try GraphEvaluator(implementation: "wide").run(ConvInteger(window: window), inputs)
            }
        }
    }

    /// A convolution in groups with padding, an own scale and zero point for each channel, and a bias.
    @Test func convolution() throws {
        let window = Window(rank: 1, padding: 1, groups: 2)
        let x = Self.bytes(.uint8, [10, 20, 30, 40], [1, 2, 2])
        let w = Self.bytes(.int8, [1, 2, 3, -1, 0, 1], [2, 1, 3])
        let zeros = Self.bytes(.int8, [0, 1], [2])
        let sums = try GraphEvaluator().run(ConvInteger(window: window), [x, w, Self.bytes(.uint8, [10], []), zeros])[0]
        #expect(sums.doubles == [30, 20, -20, -70])
        let bias = Self.bytes(.int32, [0, 10], [2])
        let result = try GraphEvaluator().run(
            QLinearConv(window: window),
            [
                x, Tensor([0.5], shape: []), Self.bytes(.uint8, [10], []), w, Tensor([0.2, 0.1], shape: [2]), zeros,
                Tensor([1.0], shape: []), Self.bytes(.uint8, [5], []), bias,
            ])[0]
        #expect(result.doubles == [8, 7, 5, 2])
    }

    @Test func typesAreChecked() {
        #expect(throws: GraphError.self) { try QuantizeLinear().outputTypes([Self.float([4, 3]), Self.float([4])]) }
        #expect(throws: GraphError.self) {
            try QuantizeLinear(to: .int8).outputTypes([Self.float([4]), Self.float([]), TensorType(.uint8, [])])
        }
        #expect(throws: GraphError.self) { try MatMulInteger().outputTypes([Self.float([2, 2]), Self.float([2, 2])]) }
    }
}
