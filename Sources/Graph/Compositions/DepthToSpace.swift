/// Blocks of channels become blocks of pixels: [N, C b b, H, W] to [N, C, H b, W b]. ONNX `DepthToSpace` 13.
struct DepthToSpace: OnnxComposition {
    static let onnxTypes = ["DepthToSpace"]

    private let block: Int
    /// The block's place is the outer part of a channel's number (`DCR`), else the inner (`CRD`).
    private let isDepthFirst: Bool

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.block = try reader.int("blocksize") ?? 0
        let mode = try reader.string("mode") ?? "DCR"
        guard mode == "DCR" || mode == "CRD" else { throw GraphError(.attribute, reader.type, "mode = \(mode)") }
        self.isDepthFirst = mode == "DCR"
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let x = try self.input(inputs, 0)
        let shape = graph.type(x).shape
        let b = self.block
        guard shape.count == 4, let area = TensorType.checkedElementCount([b, b]), area > 0, shape[1] % area == 0,
            let height = TensorType.checkedElementCount([shape[2], b]),
            let width = TensorType.checkedElementCount([shape[3], b])
        else { throw GraphError(.shape, self.name, "blocks of \(b) in \(graph.type(x))") }
        let channels = shape[1] / area
        let split = self.isDepthFirst ? [shape[0], b, b, channels] : [shape[0], channels, b, b]
        let parts = try graph.reshaped(x, to: split + [shape[2], shape[3]])
        let moved = try graph.transposed(parts, self.isDepthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3])
        return [try graph.reshaped(moved, to: [shape[0], channels, height, width])]
    }
}
