/// The slices along an axis, or the elements, where a condition holds. ONNX `Compress` 11.
struct Compress: OnnxComposition {
    static let onnxTypes = ["Compress"]

    private let axis: Int?
    private let places: [Int64]

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.axis = try reader.int("axis")
        let condition = try reader.requiredConstant(input: 1)
        guard condition.type.dataType == .bool, condition.type.rank == 1 else {
            throw GraphError(.dataType, reader.type, "the condition is \(condition.type)")
        }
        let flags = condition.array(of: UInt8.self)
        self.places = flags.indices.filter { flags[$0] != 0 }.map { Int64($0) }
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let x = try self.input(inputs, 0)
        let source = self.axis == nil ? try graph.reshaped(x, to: [graph.type(x).elementCount]) : x
        let indices = graph.constant(Tensor(self.places, shape: [self.places.count]))
        return [try graph.apply(Gather(axis: self.axis ?? 0), source, indices)]
    }
}
