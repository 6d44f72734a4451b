import Graph
import TestSupport
import Testing
import TrainingKernels

/// Conversions between element types.
@Suite struct CastTests {
    private static let special: [Float] = [
        0, -0.0, 1, -1.5, 2.5, 0.1, 1e-8, -3e-8, 6.1e-5, 5.9e-5, 65504, 65519, 65520, 1e6, -1e6, 127.9, 255, 255.9, 256, -128.9,
        2_147_483_520, 2_147_483_648, 9.3e18, -9.3e18, 0x1p-133, 0x1p127, .infinity, -.infinity, .nan, 1.003_906_25, 1.011_718_75,
    ]

    private static func converted(_ from: DataType, _ to: DataType, _ implementation: String) throws -> [Double] {
        let source = Tensor(zeros: TensorType(from, [Self.special.count]))
        for (index, value) in Self.special.enumerated() {
            ElementAccess(from).store(Double(value), source.rawPointer, index)
        }
        return try GraphEvaluator(implementation: implementation).run(Cast(to: to), [source])[0].doubles
    }

    static let pairs: [(DataType, DataType)] =
        [.bool, .float16, .bfloat16, .float64, .int64, .int32, .uint8, .int8].flatMap { [(.float32, $0), ($0, .float32)] }
        + [(.int64, .int32), (.int32, .int64), (.bool, .int64), (.uint8, .int64), (.bool, .int32), (.uint8, .int32)]

    @Test(arguments: pairs) func loopsMatchReference(_ from: DataType, _ to: DataType) throws {
        let fast = try Self.converted(from, to, "simd")
        let slow = try Self.converted(from, to, "reference")
        for (index, pair) in zip(fast, slow).enumerated() {
            let same = pair.0 == pair.1 ? pair.0.sign == pair.1.sign : pair.0.isNaN && pair.1.isNaN
            #expect(same, "\(Self.special[index]) of \(from) to \(to): \(pair.0), expected \(pair.1)")
        }
    }

    /// Every float16 becomes the number that it is, and comes back.
    @Test func everyHalf() throws {
        let halves = Tensor(zeros: TensorType(.float16, [65536]))
        halves.withElements(as: UInt16.self) { for index in $0.indices { $0[index] = UInt16(index) } }
        let floats = try GraphEvaluator(implementation: "simd").run(Cast(to: .float32), [halves])[0]
        let back = try GraphEvaluator(implementation: "simd").run(Cast(to: .float16), [floats])[0]
        let (numbers, returned, again) = (floats.doubles, back.array(of: UInt16.self), back.doubles)
        for (index, value) in halves.doubles.enumerated() {
            let same = value.isNaN ? numbers[index].isNaN && again[index].isNaN : returned[index] == UInt16(index)
            #expect(same && (value.isNaN || numbers[index] == value), "\(index)")
            if !same { return }
        }
    }

    @Test func narrowTypes() throws {
        func cast(_ values: [Float], _ op: Cast) throws -> [Double] {
            try GraphEvaluator().run(op, [Tensor(values, shape: [values.count])])[0].doubles
        }
        #expect(try cast([-9, 7, 8, 17], Cast(to: .int4)) == [7, 7, -8, 1])
        #expect(try cast([-3, -1, 2, 5], Cast(to: .uint2)) == [1, 3, 2, 1])
        #expect(try cast([1e6, 0.3, -0.0], Cast(to: .float8e4m3fn)) == [448, 0.3125, 0])
        #expect(try cast([1e6, -1e6], Cast(to: .float8e5m2, saturates: false)) == [.infinity, -.infinity])
        #expect(try cast([1e6], Cast(to: .float8e4m3fn, saturates: false))[0].isNaN)
        #expect(try cast([1.1, 1.5, 2], Cast(to: .float8e8m0)) == [2, 2, 2])
        #expect(try cast([1.1, 1.5, 2], Cast(to: .float8e8m0, rounding: .down)) == [1, 1, 2])
        #expect(try cast([1.1, 1.5, 2], Cast(to: .float8e8m0, rounding: .nearest)) == [1, 2, 2])
    }

    @Test(arguments: [Cast(to: .float8e5m2, saturates: false), Cast(to: .float8e8m0, rounding: .down), Cast(to: .int4)])
    func spellingComesBack(_ op: Cast) throws {
        let testCase = OperatorCase("spelling", op, [TensorType(.float32, [9])], range: 0.1...7)
        #expect(try SpellingCheck.mismatch(testCase, opset: 24) == nil)
    }
}
