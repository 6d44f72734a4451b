/// Larger spatial axes, the older form of `Resize`. ONNX `Upsample` 9.
struct Upsample: OnnxComposition {
    static let onnxTypes = ["Upsample"]

    private let resize: Resize

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        let mode = try reader.string("mode") ?? "nearest"
        guard mode == "nearest" || mode == "linear" else { throw GraphError(.attribute, reader.type, "mode = \(mode)") }
        // An attribute before opset 9.
        let attribute = try reader.floats("scales")
        let input = attribute == nil ? try reader.requiredConstant(input: 1).doubles.map { Float($0) } : []
        let scales = attribute ?? input
        guard scales.count > 2, scales.count == (try reader.type(input: 0)).rank, scales[0] == 1, scales[1] == 1 else {
            throw GraphError(.unsupported, reader.type, "scales \(scales)")
        }
        self.resize = Resize(
            .scales(Array(scales.dropFirst(2))), mode: mode == "nearest" ? .nearest : .linear, coordinates: .asymmetric,
            rounding: .floor)
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        [try graph.apply(self.resize, try self.input(inputs, 0))]
    }
}
