package import Graph

/// Reads and writes single elements of any arithmetic type: what reference kernels are made of.
package struct ElementAccess: Sendable {
    package let type: DataType

    package init(_ type: DataType) {
        self.type = type
    }

    package var isFloating: Bool { self.type == .float32 || self.type == .float64 }

    /// Element `index` as a Double; bool is 0 or 1.
    package func double(_ pointer: UnsafeRawPointer, _ index: Int) -> Double {
        switch self.type {
        case .float32: Double(pointer.load(fromByteOffset: 4 * index, as: Float.self))
        case .float64: pointer.load(fromByteOffset: 8 * index, as: Double.self)
        case .int64, .int32, .int16, .int8, .uint8, .bool: Double(self.integer(pointer, index))
        case .float16, .bfloat16: preconditionFailure("no arithmetic on \(self.type)")
        }
    }

    /// Element `index` of an integer or bool tensor.
    package func integer(_ pointer: UnsafeRawPointer, _ index: Int) -> Int64 {
        switch self.type {
        case .int64: pointer.load(fromByteOffset: 8 * index, as: Int64.self)
        case .int32: Int64(pointer.load(fromByteOffset: 4 * index, as: Int32.self))
        case .int16: Int64(pointer.load(fromByteOffset: 2 * index, as: Int16.self))
        case .int8: Int64(pointer.load(fromByteOffset: index, as: Int8.self))
        case .uint8: Int64(pointer.load(fromByteOffset: index, as: UInt8.self))
        case .bool: pointer.load(fromByteOffset: index, as: UInt8.self) == 0 ? 0 : 1
        case .float32, .float64, .float16, .bfloat16: preconditionFailure("no integer in \(self.type)")
        }
    }

    /// Stores a number; integers are taken towards zero, held in their range, and NaN is 0.
    package func store(_ value: Double, _ pointer: UnsafeMutableRawPointer, _ index: Int) {
        switch self.type {
        case .float32: pointer.storeBytes(of: Float(value), toByteOffset: 4 * index, as: Float.self)
        case .float64: pointer.storeBytes(of: value, toByteOffset: 8 * index, as: Double.self)
        case .int64: pointer.storeBytes(of: Self.held(value), toByteOffset: 8 * index, as: Int64.self)
        case .int32: pointer.storeBytes(of: Int32(clamping: Self.held(value)), toByteOffset: 4 * index, as: Int32.self)
        case .int16: pointer.storeBytes(of: Int16(clamping: Self.held(value)), toByteOffset: 2 * index, as: Int16.self)
        case .int8: pointer.storeBytes(of: Int8(clamping: Self.held(value)), toByteOffset: index, as: Int8.self)
        case .uint8: pointer.storeBytes(of: UInt8(clamping: Self.held(value)), toByteOffset: index, as: UInt8.self)
        case .bool: pointer.storeBytes(of: value != 0 ? 1 : 0, toByteOffset: index, as: UInt8.self)
        case .float16, .bfloat16: preconditionFailure("no arithmetic on \(self.type)")
        }
    }

    /// Stores an integer; the low bits where the type is narrower, as integer arithmetic wraps.
    package func store(integer value: Int64, _ pointer: UnsafeMutableRawPointer, _ index: Int) {
        switch self.type {
        case .int64: pointer.storeBytes(of: value, toByteOffset: 8 * index, as: Int64.self)
        case .int32: pointer.storeBytes(of: Int32(truncatingIfNeeded: value), toByteOffset: 4 * index, as: Int32.self)
        case .int16: pointer.storeBytes(of: Int16(truncatingIfNeeded: value), toByteOffset: 2 * index, as: Int16.self)
        case .int8: pointer.storeBytes(of: Int8(truncatingIfNeeded: value), toByteOffset: index, as: Int8.self)
        case .uint8: pointer.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: index, as: UInt8.self)
        case .float32, .float64, .bool, .float16, .bfloat16: self.store(Double(value), pointer, index)
        }
    }

    private static func held(_ value: Double) -> Int64 {
        if value.isNaN { return 0 }
        if value >= 0x1p63 { return .max }
        return value < -0x1p63 ? .min : Int64(value)
    }
}
