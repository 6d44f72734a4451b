/// `log(sum(exp(x)))` along axes, taken from the largest element so that nothing overflows. ONNX `ReduceLogSumExp` 18.
struct ReduceLogSumExp: OnnxComposition {
    static let onnxTypes = ["ReduceLogSumExp"]

    private let reduction: Reduction

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.reduction = try Reduction(onnx: &reader, axesInputSince: 18)
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let x = try self.input(inputs, 0)
        let dataType = graph.type(x).dataType
        let kept = self.reduction.kept
        // An infinite peak would leave inf - inf; held at the largest number it gives the infinity itself.
        let bound =
            switch dataType {
            case .float16: 65504.0
            case .float64: Double.greatestFiniteMagnitude
            default: Double(Float.greatestFiniteMagnitude) / 2
            }
        let (most, least) = (graph.number(bound, dataType), graph.number(-bound, dataType))
        let highest = try graph.apply(Min(), try graph.apply(ReduceMax(kept), x), most)
        let peak = try graph.apply(Max(), highest, least)
        let powers = try graph.apply(Exp(), try graph.apply(Sub(), x, peak))
        let sum = try graph.apply(ReduceSum(kept), powers)
        let result = try graph.apply(Add(), try graph.apply(Log(), sum), peak)
        let type = try self.reduction.outputType(graph.type(x), in: self.name)
        return [try graph.reshaped(result, to: type.shape)]
    }
}
