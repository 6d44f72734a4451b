/// Reads and writes single elements of any type: what reference kernels are made of.
package struct ElementAccess: Sendable {
    package let type: DataType
    private let narrow: NarrowFloat?

    package init(_ type: DataType) {
        self.type = type
        self.narrow = NarrowFloat(type)
    }

    package var isFloating: Bool { self.type.isFloating }

    /// Element `index` as a Double; bool is 0 or 1.
    package func double(_ pointer: UnsafeRawPointer, _ index: Int) -> Double {
        switch self.type {
        case .float32: Double(pointer.load(fromByteOffset: 4 * index, as: Float.self))
        case .float64: pointer.load(fromByteOffset: 8 * index, as: Double.self)
        case .uint64: Double(pointer.load(fromByteOffset: 8 * index, as: UInt64.self))
        case .int64, .int32, .int16, .int8, .int4, .int2, .uint32, .uint16, .uint8, .uint4, .uint2, .bool:
            Double(self.integer(pointer, index))
        case .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0, .float4e2m1:
            self.narrow.map { $0.decode(self.bits(pointer, index)) } ?? .nan
        }
    }

    /// Element `index` of an integer or bool tensor; uint64 by its bits.
    package func integer(_ pointer: UnsafeRawPointer, _ index: Int) -> Int64 {
        switch self.type {
        case .int64, .uint64: pointer.load(fromByteOffset: 8 * index, as: Int64.self)
        case .int32: Int64(pointer.load(fromByteOffset: 4 * index, as: Int32.self))
        case .uint32: Int64(pointer.load(fromByteOffset: 4 * index, as: UInt32.self))
        case .int16: Int64(pointer.load(fromByteOffset: 2 * index, as: Int16.self))
        case .uint16: Int64(pointer.load(fromByteOffset: 2 * index, as: UInt16.self))
        case .int8, .int4, .int2: Int64(pointer.load(fromByteOffset: index, as: Int8.self))
        case .uint8, .uint4, .uint2: Int64(pointer.load(fromByteOffset: index, as: UInt8.self))
        case .bool: pointer.load(fromByteOffset: index, as: UInt8.self) == 0 ? 0 : 1
        case .float32, .float64, .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
            .float8e8m0, .float4e2m1:
            preconditionFailure("no integer in \(self.type)")
        }
    }

    /// Stores a number; integers are taken towards zero, held in their range, and NaN is 0. Narrow floats become
    /// infinite beyond their range where they can.
    package func store(_ value: Double, _ pointer: UnsafeMutableRawPointer, _ index: Int) {
        switch self.type {
        case .float32: pointer.storeBytes(of: Float(value), toByteOffset: 4 * index, as: Float.self)
        case .float64: pointer.storeBytes(of: value, toByteOffset: 8 * index, as: Double.self)
        case .int64: pointer.storeBytes(of: Self.held(value), toByteOffset: 8 * index, as: Int64.self)
        case .int32: pointer.storeBytes(of: Int32(clamping: Self.held(value)), toByteOffset: 4 * index, as: Int32.self)
        case .int16: pointer.storeBytes(of: Int16(clamping: Self.held(value)), toByteOffset: 2 * index, as: Int16.self)
        case .int8: pointer.storeBytes(of: Int8(clamping: Self.held(value)), toByteOffset: index, as: Int8.self)
        case .int4: pointer.storeBytes(of: Int8(min(max(Self.held(value), -8), 7)), toByteOffset: index, as: Int8.self)
        case .int2: pointer.storeBytes(of: Int8(min(max(Self.held(value), -2), 1)), toByteOffset: index, as: Int8.self)
        case .uint64: pointer.storeBytes(of: Self.heldUnsigned(value), toByteOffset: 8 * index, as: UInt64.self)
        case .uint32: pointer.storeBytes(of: UInt32(clamping: Self.held(value)), toByteOffset: 4 * index, as: UInt32.self)
        case .uint16: pointer.storeBytes(of: UInt16(clamping: Self.held(value)), toByteOffset: 2 * index, as: UInt16.self)
        case .uint8: pointer.storeBytes(of: UInt8(clamping: Self.held(value)), toByteOffset: index, as: UInt8.self)
        case .uint4: pointer.storeBytes(of: UInt8(min(max(Self.held(value), 0), 15)), toByteOffset: index, as: UInt8.self)
        case .uint2: pointer.storeBytes(of: UInt8(min(max(Self.held(value), 0), 3)), toByteOffset: index, as: UInt8.self)
        case .bool: pointer.storeBytes(of: value != 0 ? 1 : 0, toByteOffset: index, as: UInt8.self)
        case .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0, .float4e2m1:
            if let narrow = self.narrow { self.store(bits: narrow.encode(value), pointer, index) }
        }
    }

    /// Stores an integer; the low bits where the type is narrower, as integer arithmetic wraps.
    package func store(integer value: Int64, _ pointer: UnsafeMutableRawPointer, _ index: Int) {
        switch self.type {
        case .int64, .uint64: pointer.storeBytes(of: value, toByteOffset: 8 * index, as: Int64.self)
        case .int32, .uint32: pointer.storeBytes(of: Int32(truncatingIfNeeded: value), toByteOffset: 4 * index, as: Int32.self)
        case .int16, .uint16: pointer.storeBytes(of: Int16(truncatingIfNeeded: value), toByteOffset: 2 * index, as: Int16.self)
        case .int8, .uint8: pointer.storeBytes(of: Int8(truncatingIfNeeded: value), toByteOffset: index, as: Int8.self)
        case .int4: pointer.storeBytes(of: Int8(truncatingIfNeeded: (value << 60) >> 60), toByteOffset: index, as: Int8.self)
        case .int2: pointer.storeBytes(of: Int8(truncatingIfNeeded: (value << 62) >> 62), toByteOffset: index, as: Int8.self)
        case .uint4: pointer.storeBytes(of: UInt8(truncatingIfNeeded: value & 15), toByteOffset: index, as: UInt8.self)
        case .uint2: pointer.storeBytes(of: UInt8(truncatingIfNeeded: value & 3), toByteOffset: index, as: UInt8.self)
        case .float32, .float64, .bool, .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
            .float8e8m0, .float4e2m1:
            self.store(Double(value), pointer, index)
        }
    }

    /// Stores the bits of a narrow float.
    package func store(bits: UInt16, _ pointer: UnsafeMutableRawPointer, _ index: Int) {
        if self.type.byteCount == 2 {
            pointer.storeBytes(of: bits, toByteOffset: 2 * index, as: UInt16.self)
        } else {
            pointer.storeBytes(of: UInt8(truncatingIfNeeded: bits), toByteOffset: index, as: UInt8.self)
        }
    }

    private func bits(_ pointer: UnsafeRawPointer, _ index: Int) -> UInt16 {
        self.type.byteCount == 2
            ? pointer.load(fromByteOffset: 2 * index, as: UInt16.self)
            : UInt16(pointer.load(fromByteOffset: index, as: UInt8.self))
    }

    private static func held(_ value: Double) -> Int64 {
        if value.isNaN { return 0 }
        if value >= 0x1p63 { return .max }
        return value < -0x1p63 ? .min : Int64(value)
    }

    private static func heldUnsigned(_ value: Double) -> UInt64 {
        if value.isNaN || value <= 0 { return 0 }
        return value >= 0x1p64 ? .max : UInt64(value)
    }
}

extension Tensor {
    /// A tensor of rank 0 whose element is this number, stored as `ElementAccess` stores it.
    package init(scalar value: Double, _ type: DataType) {
        self.init(zeros: TensorType(type, []))
        ElementAccess(type).store(value, self.rawPointer, 0)
    }

    /// The only element as a Double; nil when there is not exactly one.
    package var scalar: Double? {
        self.type.elementCount == 1 ? ElementAccess(self.type.dataType).double(self.rawPointer, 0) : nil
    }

    /// The elements as Doubles, whatever their type.
    package var doubles: [Double] {
        let access = ElementAccess(self.type.dataType)
        return (0..<self.type.elementCount).map { access.double(self.rawPointer, $0) }
    }
}
