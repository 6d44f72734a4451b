/// The element types that a tensor can have, with ONNX's names.
///
/// In memory every element has whole bytes of its own: the types below eight bits are packed in files only.
package enum DataType: String, Sendable, Hashable, CaseIterable {
    case float32
    case float64
    case float16
    case bfloat16
    case float8e4m3fn
    case float8e4m3fnuz
    case float8e5m2
    case float8e5m2fnuz
    case float8e8m0
    case float4e2m1
    case int64
    case int32
    case int16
    case int8
    case int4
    case int2
    case uint64
    case uint32
    case uint16
    case uint8
    case uint4
    case uint2
    case bool

    /// Bytes of one element.
    package var byteCount: Int {
        switch self {
        case .float64, .int64, .uint64: 8
        case .float32, .int32, .uint32: 4
        case .float16, .bfloat16, .int16, .uint16: 2
        case .int8, .uint8, .bool, .int4, .uint4, .int2, .uint2: 1
        case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0, .float4e2m1: 1
        }
    }

    /// Bits of one element in an ONNX file.
    package var fileBitCount: Int {
        switch self {
        case .int4, .uint4, .float4e2m1: 4
        case .int2, .uint2: 2
        default: 8 * self.byteCount
        }
    }

    /// A number with a fraction, whatever its width.
    package var isFloating: Bool {
        switch self {
        case .float32, .float64, .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
            .float8e8m0, .float4e2m1:
            true
        default: false
        }
    }

    /// The number of `TensorProto.DataType` in the ONNX standard.
    package var onnxCode: Int {
        switch self {
        case .float32: 1
        case .uint8: 2
        case .int8: 3
        case .uint16: 4
        case .int16: 5
        case .int32: 6
        case .int64: 7
        case .bool: 9
        case .float16: 10
        case .float64: 11
        case .uint32: 12
        case .uint64: 13
        case .bfloat16: 16
        case .float8e4m3fn: 17
        case .float8e4m3fnuz: 18
        case .float8e5m2: 19
        case .float8e5m2fnuz: 20
        case .uint4: 21
        case .int4: 22
        case .float4e2m1: 23
        case .float8e8m0: 24
        case .uint2: 25
        case .int2: 26
        }
    }

    /// The type with that number; nil for strings, complex numbers and what is unknown.
    package init?(onnxCode: Int) {
        guard let type = Self.allCases.first(where: { $0.onnxCode == onnxCode }) else { return nil }
        self = type
    }
}
