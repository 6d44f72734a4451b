/// A cache with its elements from each batch element's place on replaced by an update. ONNX `TensorScatter` 24.
struct TensorScatter: OnnxComposition {
    static let onnxTypes = ["TensorScatter"]

    private let axis: Int
    /// Places beyond the end go on at the start.
    private let isCircular: Bool

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.axis = try reader.int("axis") ?? -2
        let mode = try reader.string("mode") ?? "linear"
        guard mode == "linear" || mode == "circular" else { throw GraphError(.attribute, reader.type, "mode = \(mode)") }
        self.isCircular = mode == "circular"
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let cache = try self.input(inputs, 0)
        let update = try self.input(inputs, 1)
        let type = graph.type(update)
        let axis = try self.normalizedAxis(self.axis, rank: type.rank)
        guard axis > 0, graph.type(cache).rank == type.rank else {
            throw GraphError(.shape, self.name, "axis \(axis) of \(graph.type(cache)) and \(type)")
        }
        var places = graph.count(type.shape[axis], axis: axis, rank: type.rank)
        if let given = self.optionalInput(inputs, 2) {
            let shape = [type.shape[0]] + [Int](repeating: 1, count: type.rank - 1)
            guard graph.type(given) == TensorType(.int64, [type.shape[0]]) else {
                throw GraphError(.shape, self.name, "write_indices are \(graph.type(given))")
            }
            places = try graph.apply(Add(), places, try graph.reshaped(given, to: shape))
        }
        if self.isCircular {
            let size = graph.number(Double(graph.type(cache).shape[axis]), .int64)
            let isInside = try graph.apply(Less(), places, size)
            places = try graph.apply(Where(), isInside, places, try graph.apply(Sub(), places, size))
        }
        let indices = try graph.expanded(places, to: type.shape)
        return [try graph.apply(ScatterElements(axis: axis), cache, indices, update)]
    }
}
