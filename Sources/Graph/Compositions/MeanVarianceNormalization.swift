/// `(x - mean) / (deviation + 1e-9)` over some axes, all but the channels' unless said otherwise.
/// ONNX `MeanVarianceNormalization` 13.
package struct MeanVarianceNormalization: OnnxComposition {
    package static let onnxTypes = ["MeanVarianceNormalization"]

    private let axes: [Int]

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.axes = try reader.ints("axes") ?? [0, 2, 3]
    }

    package func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let x = try self.input(inputs, 0)
        let mean = ReduceMean(axes: self.axes, keepDimensions: true)
        let centred = try graph.apply(Sub(), x, try graph.apply(mean, x))
        let variance = try graph.apply(mean, try graph.apply(Mul(), centred, centred))
        let epsilon = graph.constant(Tensor(scalar: 1e-9, graph[x].type.dataType), name: "epsilon")
        return [try graph.apply(Div(), centred, try graph.apply(Add(), try graph.apply(Sqrt(), variance), epsilon))]
    }
}
