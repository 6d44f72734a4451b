import Graph

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Tensors and attributes as protos.
enum TensorWriter {
    /// Type and name, no data yet.
    static func proto(_ type: TensorType, _ name: String) -> Onnx_TensorProto {
        var proto = Onnx_TensorProto()
        proto.name = name
        proto.dataType = Int32(type.dataType.onnxCode)
        proto.dims = type.shape.map { Int64($0) }
        return proto
    }

    /// Puts the tensor's bytes into the proto; memory is little-endian, as the format wants it.
    static func fill(_ proto: inout Onnx_TensorProto, _ tensor: Tensor) {
        proto.rawData = unsafe tensor.withFileBytes { bytes in
            unsafe bytes.isEmpty ? Data() : Data(bytes)
        }
    }

    static func attribute(_ name: String, _ value: OnnxValue) -> Onnx_AttributeProto {
        var proto = Onnx_AttributeProto()
        proto.name = name
        switch value {
        case .int(let number):
            proto.type = .int
            proto.i = Int64(number)
        case .ints(let numbers):
            proto.type = .ints
            proto.ints = numbers.map { Int64($0) }
        case .float(let number):
            proto.type = .float
            proto.f = number
        case .floats(let numbers):
            proto.type = .floats
            proto.floats = numbers
        case .string(let text):
            proto.type = .string
            proto.s = Data(text.utf8)
        case .strings(let texts):
            proto.type = .strings
            proto.strings = texts.map { Data($0.utf8) }
        case .tensor(let tensor):
            proto.type = .tensor
            proto.t = self.proto(tensor.type, name)
            self.fill(&proto.t, tensor)
        }
        return proto
    }

    /// - Parameter batch: the name of axis 0, its size when nil.
    static func port(_ name: String, _ type: TensorType, batch: String?) -> Onnx_ValueInfoProto {
        var tensor = Onnx_TypeProto.Tensor()
        tensor.elemType = Int32(type.dataType.onnxCode)
        tensor.shape = Onnx_TensorShapeProto()
        tensor.shape.dim = type.shape.enumerated().map { axis, size in
            var dimension = Onnx_TensorShapeProto.Dimension()
            if let batch, axis == 0 { dimension.dimParam = batch } else { dimension.dimValue = Int64(size) }
            return dimension
        }
        var proto = Onnx_ValueInfoProto()
        proto.name = name
        proto.type.tensorType = tensor
        return proto
    }
}
