/// `Softmax` and `LogSoftmax` as ONNX has them: along one axis, and before opset 13 over all axes from `axis` on together.
struct SoftmaxNode<Operation: SoftmaxForm>: OnnxComposition {
    static var onnxTypes: [String] { [Operation.schema.name] }

    private let axis: Int
    private let isFlat: Bool

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        (self.axis, self.isFlat) = try Operation.axis(onnx: &reader)
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let x = try self.input(inputs, 0)
        guard self.isFlat else { return [try graph.apply(Operation(axis: self.axis), x)] }
        let rows = try graph.apply(Flatten(axis: self.axis), x)
        return [try graph.reshaped(try graph.apply(Operation(axis: -1), rows), to: graph.type(x).shape)]
    }
}
