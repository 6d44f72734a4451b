import Graph

extension TensorReader {
    /// A sparse tensor as a dense one. Its values and indices may lie outside the model like any tensor's.
    mutating func read(_ proto: Onnx_SparseTensorProto, _ subject: String) throws(OnnxError) -> Tensor? {
        guard proto.hasValues, proto.hasIndices else {
            throw OnnxError(.malformed, subject, "a sparse tensor without values or indices")
        }
        let values = try self.read(proto.values, subject)
        let indices = try self.read(proto.indices, "\(subject) indices")
        guard let values, let indices else { return nil }
        let type = try self.type(values.type.dataType, proto.dims, subject)
        let count = values.type.elementCount
        guard values.type.rank == 1, indices.type.dataType == .int64,
            indices.shape == [count] || indices.shape == [count, type.rank], count <= type.elementCount
        else {
            throw OnnxError(.malformed, subject, "values \(values.type) at \(indices.type) do not describe \(type)")
        }
        try self.expand(by: type.byteCount, subject)
        let places = try Self.places(indices.array(of: Int64.self), isFlat: indices.type.rank == 1, type, subject)
        let dense = Tensor(zeros: type)
        let width = type.dataType.byteCount
        unsafe dense.withBytes { destination in
            unsafe values.withBytes { source in
                for (index, place) in places.enumerated() {
                    let element = unsafe UnsafeRawBufferPointer(rebasing: source[index * width..<(index + 1) * width])
                    unsafe UnsafeMutableRawBufferPointer(rebasing: destination[place * width..<(place + 1) * width])
                        .copyMemory(from: element)
                }
            }
        }
        return dense
    }

    /// Positions in the dense tensor, which must ascend.
    private static func places(
        _ indices: [Int64], isFlat: Bool, _ type: TensorType, _ subject: String
    ) throws(OnnxError) -> [Int] {
        let sizes = isFlat ? [type.elementCount] : type.shape
        let strides = isFlat ? [1] : type.strides
        var places: [Int] = []
        for start in stride(from: 0, to: indices.count, by: max(sizes.count, 1)) {
            var place = 0
            for axis in sizes.indices {
                let index = indices[start + axis]
                guard index >= 0, index < sizes[axis] else {
                    throw OnnxError(.malformed, subject, "index \(index) is outside \(type)")
                }
                place += Int(index) * strides[axis]
            }
            guard place > places.last ?? -1 else {
                throw OnnxError(.malformed, subject, "the indices of a sparse tensor must ascend")
            }
            places.append(place)
        }
        return places
    }
}
