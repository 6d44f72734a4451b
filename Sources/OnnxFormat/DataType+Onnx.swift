import Graph

extension DataType {
    /// From the number in a file; nil for types that we do not read.
    init?(onnx: Int) {
        guard let match = Self.allCases.first(where: { $0.onnx == onnx }) else { return nil }
        self = match
    }

    /// The number of `TensorProto.DataType`.
    var onnx: Int {
        switch self {
        case .float32: 1
        case .uint8: 2
        case .int8: 3
        case .int16: 5
        case .int32: 6
        case .int64: 7
        case .bool: 9
        case .float16: 10
        case .float64: 11
        case .bfloat16: 16
        }
    }
}
