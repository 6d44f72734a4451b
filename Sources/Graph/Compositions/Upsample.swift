/// Larger axes, the older form of `Resize`. ONNX `Upsample` 9.
struct Upsample: OnnxComposition {
    static let onnxTypes = ["Upsample"]

    private let resize: ResizeNode

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        let mode = try reader.string("mode") ?? "nearest"
        guard mode == "nearest" || mode == "linear" else { throw GraphError(.attribute, reader.type, "mode = \(mode)") }
        // An attribute before opset 9.
        let attribute = try reader.floats("scales")
        let input = attribute == nil ? try reader.requiredConstant(input: 1).doubles.map { Float($0) } : []
        let scales = attribute ?? input
        self.resize = try ResizeNode(
            scales: scales, of: try reader.type(input: 0), mode: mode == "nearest" ? .nearest : .linear, in: reader.type)
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        try self.resize.emit(into: &graph, inputs)
    }
}
