/// The logarithm of the sum along axes. ONNX `ReduceLogSum` 18.
struct ReduceLogSum: OnnxComposition {
    static let onnxTypes = ["ReduceLogSum"]

    private let reduction: Reduction

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.reduction = try Reduction(onnx: &reader, axesInputSince: 18)
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let sum = try graph.apply(ReduceSum(self.reduction), try self.input(inputs, 0))
        return [try graph.apply(Log(), sum)]
    }
}
