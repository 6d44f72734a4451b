/// The upper or lower triangle of the last two axes, 0 elsewhere. ONNX `Trilu` 14.
struct Trilu: OnnxComposition {
    static let onnxTypes = ["Trilu"]

    private let isUpper: Bool
    /// The diagonal that bounds the triangle: 0 is the main one, above it numbers are positive.
    private let diagonal: Int

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.isUpper = try reader.int("upper") ?? 1 != 0
        let diagonals = try reader.constantInts(input: 1) ?? [0]
        guard diagonals.count == 1 else { throw GraphError(.shape, reader.type, "k has \(diagonals.count) elements") }
        self.diagonal = min(max(diagonals[0], -mostComposedElements), mostComposedElements)
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let x = try self.input(inputs, 0)
        let type = graph.type(x)
        guard type.rank >= 2 else { throw GraphError(.shape, self.name, "x is \(type)") }
        let (height, width) = (type.shape[type.rank - 2], type.shape[type.rank - 1])
        guard let count = TensorType.checkedElementCount([height, width]), count <= mostComposedElements else {
            throw GraphError(.shape, self.name, "x is \(type)")
        }
        let kept = (0..<count).map { place in
            let above = place % width - place / width
            return self.isUpper ? above >= self.diagonal : above <= self.diagonal
        }
        let mask = graph.constant(Tensor(bools: kept, shape: [height, width]))
        return [try graph.apply(Where(), mask, x, graph.number(0, type.dataType))]
    }
}
