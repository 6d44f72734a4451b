/// The sum of magnitudes along axes. ONNX `ReduceL1` 18.
struct ReduceL1: OnnxComposition {
    static let onnxTypes = ["ReduceL1"]

    private let reduction: Reduction

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.reduction = try Reduction(onnx: &reader, axesInputSince: 18)
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let x = try self.input(inputs, 0)
        return [try graph.apply(ReduceSum(self.reduction), try graph.apply(Abs(), x))]
    }
}
