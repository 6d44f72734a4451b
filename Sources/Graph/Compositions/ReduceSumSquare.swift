/// The sum of squares along axes. ONNX `ReduceSumSquare` 18.
struct ReduceSumSquare: OnnxComposition {
    static let onnxTypes = ["ReduceSumSquare"]

    private let reduction: Reduction

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.reduction = try Reduction(onnx: &reader, axesInputSince: 18)
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let x = try self.input(inputs, 0)
        return [try graph.apply(ReduceSum(self.reduction), try graph.apply(Mul(), x, x))]
    }
}
