import Graph

extension DataType {
    /// The protocol's name of the type.
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
        case .bool: "BOOL"
        }
    }

    /// The type with the protocol's name `wireName`; nil for names that are unknown or not offered here.
    init?(wireName: String) {
        guard let type = DataType.allCases.first(where: { $0.wireName == wireName }) else { return nil }
        self = type
    }
}
