/// Blocks of pixels become channels: [N, C, H b, W b] to [N, b b C, H, W]. ONNX `SpaceToDepth` 13.
struct SpaceToDepth: OnnxComposition {
    static let onnxTypes = ["SpaceToDepth"]

    private let block: Int

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.block = try reader.int("blocksize") ?? 0
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let x = try self.input(inputs, 0)
        let shape = graph.type(x).shape
        let b = self.block
        guard shape.count == 4, b > 0, shape[2] % b == 0, shape[3] % b == 0,
            let channels = TensorType.checkedElementCount([shape[1], b, b])
        else { throw GraphError(.shape, self.name, "blocks of \(b) in \(graph.type(x))") }
        let (height, width) = (shape[2] / b, shape[3] / b)
        let parts = try graph.reshaped(x, to: [shape[0], shape[1], height, b, width, b])
        let moved = try graph.transposed(parts, [0, 3, 5, 1, 2, 4])
        return [try graph.reshaped(moved, to: [shape[0], channels, height, width])]
    }
}
