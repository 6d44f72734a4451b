/// The input repeated along each axis. ONNX `Tile` 13.
struct Tile: OnnxComposition {
    static let onnxTypes = ["Tile"]

    private let repeats: [Int]

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.repeats = try reader.constantInts(input: 1) ?? []
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let x = try self.input(inputs, 0)
        let shape = graph.type(x).shape
        guard self.repeats.count == shape.count, self.repeats.allSatisfy({ $0 >= 0 }) else {
            throw GraphError(.attribute, self.name, "repeats \(self.repeats) for \(graph.type(x))")
        }
        let pairs = zip(self.repeats, shape).flatMap { [$0, $1] }
        guard TensorType.checkedElementCount(pairs) != nil else {
            throw GraphError(.shape, self.name, "repeats \(self.repeats) for \(graph.type(x))")
        }
        // [a, b] is [1, a, 1, b], which is expanded to [r, a, s, b].
        let apart = try graph.reshaped(x, to: shape.flatMap { [1, $0] })
        let repeated = try graph.expanded(apart, to: pairs)
        return [try graph.reshaped(repeated, to: zip(self.repeats, shape).map { $0 * $1 })]
    }
}
