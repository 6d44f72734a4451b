/// Ones on a diagonal of a matrix as large as the input, else zeros. ONNX `EyeLike` 22.
struct EyeLike: OnnxComposition {
    static let onnxTypes = ["EyeLike"]

    private let type: TensorType
    /// Above the main diagonal numbers are positive.
    private let diagonal: Int

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        let x = try reader.type(input: 0)
        self.diagonal = try reader.int("k") ?? 0
        let code = try reader.int("dtype") ?? x.dataType.onnxCode
        guard let dataType = DataType(onnxCode: code) else {
            throw GraphError(.unsupported, reader.type, "element type \(code)")
        }
        self.type = TensorType(dataType, x.shape)
        guard x.rank == 2, x.elementCount <= mostComposedElements else { throw GraphError(.shape, reader.type, "x is \(x)") }
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) -> [ValueID] {
        let tensor = Tensor(zeros: self.type)
        let access = ElementAccess(self.type.dataType)
        for row in 0..<self.type.shape[0] where (0..<self.type.shape[1]).contains(row + self.diagonal) {
            access.store(1, tensor.rawPointer, row * self.type.shape[1] + row + self.diagonal)
        }
        return [graph.constant(tensor)]
    }
}
