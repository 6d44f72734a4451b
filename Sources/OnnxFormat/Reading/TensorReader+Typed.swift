import Graph
import SwiftProtobuf

extension Onnx_TensorProto {
    /// Elements in all typed fields together.
    var typedCount: Int {
        self.floatData.count + self.int32Data.count + self.int64Data.count + self.doubleData.count + self.uint64Data.count
            + self.stringData.count
    }
}

extension TensorReader {
    /// A tensor whose elements are in the field of its type.
    static func typed(_ proto: Onnx_TensorProto, _ type: TensorType, _ subject: String) throws(OnnxError) -> Tensor {
        switch type.dataType {
        case .float32: return try self.fill(type, proto.floatData, proto, subject) { $0 }
        case .float64: return try self.fill(type, proto.doubleData, proto, subject) { $0 }
        case .int64: return try self.fill(type, proto.int64Data, proto, subject) { $0 }
        case .int32: return try self.fill(type, proto.int32Data, proto, subject) { $0 }
        case .int16: return try self.fill(type, proto.int32Data, proto, subject) { Int16(exactly: $0) }
        case .int8: return try self.fill(type, proto.int32Data, proto, subject) { Int8(exactly: $0) }
        case .uint8: return try self.fill(type, proto.int32Data, proto, subject) { UInt8(exactly: $0) }
        case .bool: return try self.fill(type, proto.int32Data, proto, subject) { $0 == 0 || $0 == 1 ? UInt8($0) : nil }
        case .uint16: return try self.fill(type, proto.int32Data, proto, subject) { UInt16(exactly: $0) }
        case .uint32: return try self.fill(type, proto.uint64Data, proto, subject) { UInt32(exactly: $0) }
        case .uint64: return try self.fill(type, proto.uint64Data, proto, subject) { $0 }
        // Bit patterns.
        case .float16, .bfloat16: return try self.fill(type, proto.int32Data, proto, subject) { UInt16(exactly: $0) }
        case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0:
            return try self.fill(type, proto.int32Data, proto, subject) { UInt8(exactly: $0) }
        case .int4, .uint4, .int2, .uint2, .float4e2m1: return try self.packed(proto, type, subject)
        }
    }

    /// Several elements in each byte, each byte in one `int32`.
    private static func packed(_ proto: Onnx_TensorProto, _ type: TensorType, _ subject: String) throws(OnnxError) -> Tensor {
        let bytes = proto.int32Data.compactMap { UInt8(exactly: $0) }
        guard bytes.count == type.fileByteCount, proto.typedCount == bytes.count else {
            throw OnnxError(.malformed, subject, "\(type) needs \(type.fileByteCount) bytes, has \(proto.typedCount) numbers")
        }
        return unsafe bytes.withUnsafeBytes { unsafe Tensor(type, packed: $0) }
    }

    private static func fill<Source, Element: BitwiseCopyable>(
        _ type: TensorType, _ field: [Source], _ proto: Onnx_TensorProto, _ subject: String, _ convert: (Source) -> Element?
    ) throws(OnnxError) -> Tensor {
        guard field.count == type.elementCount, proto.typedCount == field.count else {
            throw OnnxError(.malformed, subject, "\(type) needs \(type.elementCount) elements, has \(proto.typedCount)")
        }
        let tensor = Tensor(zeros: type)
        let bad = unsafe tensor.withElements(as: Element.self) { elements -> Int? in
            for (index, source) in field.enumerated() {
                guard let element = convert(source) else { return index }
                unsafe elements[index] = element
            }
            return nil
        }
        if let bad { throw OnnxError(.malformed, subject, "element \(bad) does not fit \(type.dataType.rawValue)") }
        return tensor
    }
}
