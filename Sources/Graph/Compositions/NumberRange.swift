/// The numbers from `start` on in steps of `delta` that come before `limit`. ONNX `Range` 11.
struct NumberRange: OnnxComposition {
    static let onnxTypes = ["Range"]

    private let numbers: Tensor

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        let bounds = [
            try reader.requiredConstant(input: 0), try reader.requiredConstant(input: 1), try reader.requiredConstant(input: 2),
        ]
        let type = bounds[0].type.dataType
        guard bounds.allSatisfy({ $0.type.elementCount == 1 && $0.type.dataType == type }), type != .bool else {
            throw GraphError(.shape, reader.type, "start, limit and delta must be scalars of one type")
        }
        self.numbers = try bounds[0].integers == nil ? Self.floats(bounds, type) : Self.integers(bounds, type)
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) -> [ValueID] { [graph.constant(self.numbers)] }

    private static func integers(_ bounds: [Tensor], _ type: DataType) throws(GraphError) -> Tensor {
        let numbers = bounds.compactMap { $0.integers?.first }
        let (start, limit, delta) = (numbers[0], numbers[1], numbers[2])
        guard delta != 0 else { throw GraphError(.attribute, "Range", "delta is 0") }
        let isEmpty = delta > 0 ? limit <= start : limit >= start
        // The distance of two int64 fits in 64 bits without a sign.
        let distance = isEmpty ? 0 : UInt64(bitPattern: delta > 0 ? limit &- start : start &- limit)
        let tensor = try Self.tensor(isEmpty ? 0 : Double((distance - 1) / delta.magnitude) + 1, type)
        let access = ElementAccess(type)
        for index in 0..<tensor.type.elementCount {
            access.store(integer: start &+ Int64(index) &* delta, tensor.rawPointer, index)
        }
        return tensor
    }

    private static func floats(_ bounds: [Tensor], _ type: DataType) throws(GraphError) -> Tensor {
        let numbers = bounds.compactMap(\.scalar)
        let (start, limit, delta) = (numbers[0], numbers[1], numbers[2])
        let count = ((limit - start) / delta).rounded(.up)
        guard delta != 0, !count.isNaN else { throw GraphError(.attribute, "Range", "\(start) to \(limit) by \(delta)") }
        let tensor = try Self.tensor(max(count, 0), type)
        let access = ElementAccess(type)
        for index in 0..<tensor.type.elementCount { access.store(start + Double(index) * delta, tensor.rawPointer, index) }
        return tensor
    }

    private static func tensor(_ count: Double, _ type: DataType) throws(GraphError) -> Tensor {
        guard count <= Double(mostComposedElements) else {
            throw GraphError(.shape, "Range", "\(count) elements, at most \(mostComposedElements)")
        }
        return Tensor(zeros: TensorType(type, [Int(count)]))
    }
}
