import Graph

extension DataType {
    /// The protocol's name of the type; ONNX's where the protocol has none.
    var wireName: String {
        switch self {
        case .float32: "FP32"
        case .float64: "FP64"
        case .float16: "FP16"
        case .bfloat16: "BF16"
        case .int64: "INT64"
        case .int32: "INT32"
        case .int16: "INT16"
        case .int8: "INT8"
        case .uint8: "UINT8"
        case .uint64: "UINT64"
        case .uint32: "UINT32"
        case .uint16: "UINT16"
        case .bool: "BOOL"
        case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0, .float4e2m1, .int4, .int2, .uint4, .uint2:
            self.rawValue.uppercased()
        }
    }

    /// The type with the protocol's name `wireName`; nil for names that are unknown or not offered here.
    init?(wireName: String) {
        guard let type = DataType.allCases.first(where: { $0.wireName == wireName }) else { return nil }
        self = type
    }

    /// Elements can be given as JSON numbers; others are taken as binary data only.
    var isSpelledInJSON: Bool {
        switch self {
        case .float32, .float64, .int64, .int32, .int16, .int8, .uint64, .uint32, .uint16, .uint8, .bool: true
        default: false
        }
    }
}
