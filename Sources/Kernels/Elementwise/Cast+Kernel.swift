import CKernels
package import Graph

extension Cast: Executable {
    package static let implementations: [Implementation<Cast>] = [
        Implementation("copy") { (op, problem) throws(KernelError) in
            problem.input(0).dataType == op.to ? CopyKernel(problem) : nil
        },
        Implementation("simd") { (op, problem) throws(KernelError) in
            guard let convert = conversion(from: problem.input(0).dataType, to: op.to) else { return nil }
            let count = problem.outputs[0].elementCount
            return ClosureKernel { (call) throws(KernelError) in
                convert(count, call.input(0, as: UInt8.self), call.output(0, as: UInt8.self))
            }
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let from = ElementAccess(problem.input(0).dataType)
            let writer = CastWriter(op)
            let count = problem.outputs[0].elementCount
            return ClosureKernel { (call) throws(KernelError) in
                let x = UnsafeRawPointer(call.input(0, as: UInt8.self))
                let y = UnsafeMutableRawPointer(call.output(0, as: UInt8.self))
                for index in 0..<count {
                    // Integers do not pass through Double, which has fewer digits than int64.
                    if from.isFloating || (from.type == .uint64 && writer.isFloating) {
                        writer.store(from.double(x, index), y, index)
                    } else {
                        writer.store(integer: from.integer(x, index), y, index)
                    }
                }
            }
        },
    ]
}

private typealias Conversion =
    @Sendable @convention(c) (Int, UnsafeRawPointer?, UnsafeMutableRawPointer?) -> Void

/// The loops for the pairs that models are made of.
private func conversion(from: DataType, to: DataType) -> Conversion? {
    switch (from, to) {
    case (.bool, .float32): ck_bool_to_float
    case (.float32, .bool): ck_float_to_bool
    case (.float32, .float16): ck_float_to_half
    case (.float16, .float32): ck_half_to_float
    case (.float32, .bfloat16): ck_float_to_bfloat
    case (.bfloat16, .float32): ck_bfloat_to_float
    case (.float32, .float64): ck_float_to_double
    case (.float64, .float32): ck_double_to_float
    case (.float32, .int64): ck_float_to_long
    case (.int64, .float32): ck_long_to_float
    case (.float32, .int32): ck_float_to_int
    case (.int32, .float32): ck_int_to_float
    case (.float32, .uint8): ck_float_to_byte
    case (.uint8, .float32): ck_byte_to_float
    case (.float32, .int8): ck_float_to_small
    case (.int8, .float32): ck_small_to_float
    case (.int64, .int32): ck_long_to_int
    case (.int32, .int64): ck_int_to_long
    case (.bool, .int64), (.uint8, .int64): ck_byte_to_long
    case (.bool, .int32), (.uint8, .int32): ck_byte_to_int
    default: nil
    }
}

/// Stores numbers as `Cast` says.
private struct CastWriter: Sendable {
    private let access: ElementAccess
    private let narrow: NarrowFloat?
    private let saturates: Bool
    private let rounding: NarrowFloat.PowerRounding

    init(_ op: Cast) {
        self.access = ElementAccess(op.to)
        self.saturates = op.saturates && op.to.byteCount == 1
        self.narrow = NarrowFloat(op.to)
        self.rounding = op.rounding
    }

    var isFloating: Bool { self.access.isFloating }

    func store(_ value: Double, _ y: UnsafeMutableRawPointer, _ index: Int) {
        if let narrow = self.narrow {
            self.access.store(bits: narrow.encode(value, saturates: self.saturates, rounding: self.rounding), y, index)
        } else if self.access.type.fileBitCount < 8 {
            self.access.store(integer: Int64(exactly: value.rounded(.towardZero)) ?? 0, y, index)
        } else {
            self.access.store(value, y, index)
        }
    }

    func store(integer value: Int64, _ y: UnsafeMutableRawPointer, _ index: Int) {
        if self.narrow == nil {
            self.access.store(integer: value, y, index)
        } else {
            self.store(Double(value), y, index)
        }
    }
}
