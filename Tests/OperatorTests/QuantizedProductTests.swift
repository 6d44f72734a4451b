import Graph
import Kernels
import TestSupport
import Testing

/// Products and convolutions of bytes with everything that passes take into them.
@Suite struct QuantizedProductTests {
    /// Every byte of a type, scattered.
    private static func bytes(_ type: DataType, _ shape: [Int], _ step: Int = 37) -> Tensor {
        let tensor = Tensor(zeros: TensorType(type, shape))
        for index in 0..<tensor.type.elementCount {
            ElementAccess(type).store(integer: Int64(index * step % 256), tensor.rawPointer, index)
        }
        return tensor
    }

    private static func numbers(_ shape: [Int], _ range: ClosedRange<Float>, _ seed: UInt64) -> Tensor {
        var random = SeededRandom(seed: seed)
        return random.tensor(TensorType(.float32, shape), in: range)
    }

    private static func scale(_ scale: Float, _ zero: Int, _ type: DataType) throws -> ByteScale {
        try #require(ByteScale(scale: scale, zero: zero, type: type))
    }

    /// What is around the sums: each part alone, and all together in both places of the residual.
    private static func epilogues() throws -> [QuantizedEpilogue] {
        let unsigned = try Self.scale(0.05, 120, .uint8)
        let signed = try Self.scale(0.03, -5, .int8)
        return [
            QuantizedEpilogue(),
            QuantizedEpilogue(rounding: unsigned),
            QuantizedEpilogue(activation: .relu, result: try Self.scale(0.04, 0, .uint8)),
            QuantizedEpilogue(rounding: signed, residual: unsigned, result: signed),
            QuantizedEpilogue(rounding: unsigned, activation: .gelu, residualPlace: .afterActivation),
            QuantizedEpilogue(activation: .silu, residual: signed, residualPlace: .afterActivation, result: unsigned),
            QuantizedEpilogue(rounding: unsigned, factor: 0.35, result: signed),
        ]
    }

    /// The inputs behind the operands; a residual of bytes where the epilogue says so.
    private static func columns(_ count: Int, _ shape: [Int], _ epilogue: QuantizedEpilogue) -> [Tensor?] {
        let residual = epilogue.residual.map { Self.bytes($0.type, shape, 91) } ?? Self.numbers(shape, -3...3, 3)
        return [
            Self.numbers([count], 0.0001...0.0004, 1), Self.numbers([count], -1...1, 2),
            epilogue.rounding == nil ? nil : Self.numbers([count], -1...1, 4), epilogue == QuantizedEpilogue() ? nil : residual,
        ]
    }

    /// - Parameter step: 1 where the result is bytes: the polynomial of an activation may fall to the other side of a half.
    private static func testCase(_ name: String, _ op: any Operator, _ inputs: [Tensor?], step: Bool) -> OperatorCase {
        OperatorCase(
            name, op, inputs.map { $0?.type },
            fixed: Dictionary(
                uniqueKeysWithValues: inputs.enumerated().compactMap { index, tensor in tensor.map { (index, $0) } }),
            tolerance: step ? Tolerance(absolute: 1, relative: 0) : .float32)
    }

    static let products: [OperatorCase] = (try? Self.makeProducts()) ?? []

    private static func makeProducts() throws -> [OperatorCase] {
        try Self.epilogues().flatMap { epilogue in
            [(DataType.uint8, DataType.int8, false), (.int8, .uint8, true), (.uint8, .uint8, false)].map { a, b, transposeB in
                let op = QuantizedMatMul(
                    transposeB: transposeB, aZero: a == .uint8 ? 128 : -3, bZero: b == .uint8 ? 100 : 0, epilogue: epilogue)
                let right = Self.bytes(b, transposeB ? [70, 33] : [33, 70], 53)
                return Self.testCase(
                    "\(epilogue), \(a) by \(b)", op,
                    [Self.bytes(a, [2, 19, 33]), right] + Self.columns(70, [2, 19, 70], epilogue),
                    step: epilogue.result != nil && epilogue.activation == .silu)
            }
        }
    }

    static let convolutions: [OperatorCase] = (try? Self.makeConvolutions()) ?? []

    private static func makeConvolutions() throws -> [OperatorCase] {
        let windows = [
            (Window(padding: 1), [12, 6, 3, 3]), (Window(stride: 2, padding: 1, dilation: 2, groups: 3), [12, 2, 3, 3]),
            (Window(), [12, 6, 1, 1]),
        ]
        return try [ChannelLayout.first, .last].flatMap { layout in
            try Self.epilogues().flatMap { epilogue in
                try windows.map { window, weights in
                    let x = Self.bytes(.uint8, layout.join(batch: 2, channels: 6, spatial: [7, 6]))
                    let op = QuantizedConv(window: window, layout: layout, xZero: 131, wZero: 0, epilogue: epilogue)
                    let w = Self.bytes(.int8, weights, 53)
                    let scales = Self.numbers([12], 0...1, 1)
                    let shape = try op.conv(x.type, w.type, scales.type)
                    return Self.testCase(
                        "\(epilogue), \(weights), channels \(layout)", op, [x, w] + Self.columns(12, shape, epilogue),
                        step: epilogue.result != nil && epilogue.activation == .silu)
                }
            }
        }
    }

    /// Zero points of the left operand that are inputs: as fast as fixed ones, and with the same results.
    @Test(arguments: [DataType.uint8, .int8]) func aZeroPointMayComeLate(_ type: DataType) throws {
        let zero = type == .uint8 ? 131 : -7
        let late = Tensor(scalar: Double(zero), type)
        func inputs(_ x: Tensor, _ w: Tensor, _ count: Int) -> [Tensor?] {
            [x, w, Self.numbers([count], 0.0001...0.0004, 1), Self.numbers([count], -1...1, 2), nil, nil, late]
        }
        let (a, b) = (Self.bytes(type, [2, 19, 33]), Self.bytes(.int8, [33, 70], 53))
        let product = Self.testCase("late", QuantizedMatMul(), inputs(a, b, 70), step: false)
        let (x, w) = (Self.bytes(type, [2, 7, 6, 6]), Self.bytes(.int8, [12, 6, 3, 3], 53))
        let convolution = Self.testCase(
            "late", QuantizedConv(window: Window(padding: 1), layout: .last), inputs(x, w, 12), step: false)
        for testCase in [product, convolution] {
            #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
            #expect(try PackedCheck.mismatch(testCase) == nil)
        }
        let evaluator = GraphEvaluator(implementation: "wide")
        let known = try evaluator.run(QuantizedMatMul(aZero: zero), inputs(a, b, 70).dropLast(3))[0]
        #expect(try evaluator.run(QuantizedMatMul(), inputs(a, b, 70))[0].doubles == known.doubles)
        #expect(try Self.kernelName(QuantizedMatMul(), inputs(a, b, 70)) != "reference")
        #expect(
            try Self.kernelName(QuantizedConv(window: Window(padding: 1), layout: .last), inputs(x, w, 12)) != "reference")
        #expect(throws: GraphError.self) { try QuantizedMatMul(aZero: 1).outputTypes(inputs(a, b, 70).map { $0?.type }) }
    }

    @Test func thereAreCases() {
        #expect(Self.products.count == 21 && Self.convolutions.count == 42)
    }

    @Test(arguments: products + convolutions) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    /// Channels first is left to the reference.
    @Test(arguments: products + convolutions.suffix(21)) func aFastKernelTakesIt(_ testCase: OperatorCase) throws {
        let inputs = testCase.tensors(seed: 1)
        if let product = testCase.op as? QuantizedMatMul {
            #expect(try Self.kernelName(product, inputs) != "reference")
        } else {
            #expect(try Self.kernelName(try #require(testCase.op as? QuantizedConv), inputs) != "reference")
        }
    }

    private static func kernelName<Op: Executable>(_ op: Op, _ inputs: [Tensor?]) throws -> String {
        let problem = KernelProblem(
            inputs: inputs.map { $0?.type }, outputs: try op.outputTypes(inputs.map { $0?.type }),
            constants: inputs.indices.map { $0 == 1 ? inputs[1] : nil }, packs: PackStore(), threads: 2)
        return try op.kernel(for: problem).name
    }

    @Test(arguments: products + convolutions) func packedWeightsComputeTheSame(_ testCase: OperatorCase) throws {
        #expect(try PackedCheck.mismatch(testCase) == nil)
    }

    @Test(arguments: products + convolutions) func loweringComputesTheSame(_ testCase: OperatorCase) throws {
        #expect(try LoweringCheck.mismatch(testCase) == nil)
    }

    /// Matrices that are both computed, over leading axes that are repeated.
    @Test func batchesOfMatrices() throws {
        let op = QuantizedMatMul(aZero: 7, bZero: 200, epilogue: QuantizedEpilogue(rounding: try Self.scale(0.1, 9, .uint8)))
        let inputs = [
            Self.bytes(.uint8, [2, 3, 5, 17]), Self.bytes(.uint8, [1, 3, 17, 20], 29), Self.numbers([20], 0...0.001, 1),
        ]
        #expect(try OperatorChecks.implementationsMatchReference(Self.testCase("batches", op, inputs, step: false)) == nil)
    }

    /// Sums, rounding and saturation by hand: 2 x 1 by 1 x 2.
    @Test func everyStepRounds() throws {
        let a = Self.bytes(.uint8, [2, 1], 3)
        let b = Tensor(zeros: TensorType(.int8, [1, 2]))
        ElementAccess(.int8).store(integer: 10, b.rawPointer, 0)
        ElementAccess(.int8).store(integer: -1, b.rawPointer, 1)
        // Sums: -10, 1 and 20, -2, worth -5, 20, 10 and -40.
        let op = QuantizedMatMul(aZero: 1, epilogue: QuantizedEpilogue(rounding: try Self.scale(4, 2, .uint8)))
        let y = try GraphEvaluator().run(
            op, [a, b, Tensor([Float(0.5), 20], shape: [2]), nil, Tensor([Float(0), 100], shape: [2])])
        // In steps of 4: -1.25 is -1, 5 stays, 2.5 goes to the even 2, -10 stops at -2.
        #expect(y[0].doubles == [-4, 120, 8, 92])
    }

    @Test func typesAreChecked() {
        let scales = TensorType(.float32, [4])
        let (a, b) = (TensorType(.uint8, [3, 5]), TensorType(.int8, [5, 4]))
        #expect(throws: GraphError.self) { try QuantizedMatMul(aZero: 256).outputTypes([a, b, scales]) }
        #expect(throws: GraphError.self) { try QuantizedMatMul().outputTypes([a, b, TensorType(.float32, [3])]) }
        #expect(throws: GraphError.self) { try QuantizedMatMul().outputTypes([TensorType(.float32, [3, 5]), b, scales]) }
        #expect(throws: GraphError.self) {
            try QuantizedMatMul().outputTypes([a, b, scales, nil, nil, TensorType(.uint8, [3, 4])])
        }
        #expect(ByteScale(scale: 0, zero: 0, type: .uint8) == nil)
        #expect(ByteScale(scale: 1, zero: -1, type: .uint8) == nil)
        #expect(ByteScale(scale: 1, zero: 0, type: .int16) == nil)
    }

    @Test func roundingInOneStep() throws {
        for type in [DataType.uint8, .int8] {
            let op = RoundToBytes(try Self.scale(0.07, 11, type))
            let testCase = Self.testCase("\(type)", op, [Self.numbers([3, 333], -20...20, 6)], step: false)
            #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
            #expect(try LoweringCheck.mismatch(testCase) == nil)
            let special = Tensor([.nan, .infinity, -.infinity, 0, 0.035, 0.105], shape: [6])
            let values = try GraphEvaluator().run(op, [special])[0].doubles
            #expect(try GraphEvaluator(implementation: "reference").run(op, [special])[0].doubles == values)
            #expect(values.allSatisfy { $0.isFinite })
        }
    }
}

extension QuantizedConv {
    /// The shape of the result without anything behind the sums.
    fileprivate func conv(_ x: TensorType, _ w: TensorType, _ scales: TensorType) throws -> [Int] {
        try QuantizedConv(window: self.window, layout: self.layout, xZero: self.xZero).outputTypes([x, w, scales])[0].shape
    }
}
