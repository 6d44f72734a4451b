/// The indices of the elements that are not 0, one column each: [rank, count] int64. ONNX `NonZero` 13.
struct NonZero: OnnxComposition {
    static let onnxTypes = ["NonZero"]

    private let indices: Tensor

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        let x = try reader.requiredConstant(input: 0)
        let access = ElementAccess(x.type.dataType)
        let places = (0..<x.type.elementCount).filter { access.double(x.rawPointer, $0) != 0 }
        let indices = zip(x.type.strides, x.shape).flatMap { stride, size in places.map { Int64($0 / stride % size) } }
        self.indices = Tensor(indices, shape: [x.type.rank, places.count])
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) -> [ValueID] { [graph.constant(self.indices)] }
}
