/// The first elements along the time axis backwards, as many as the batch element's length says. ONNX `ReverseSequence` 10.
struct ReverseSequence: OnnxComposition {
    static let onnxTypes = ["ReverseSequence"]

    private let batchAxis: Int
    private let timeAxis: Int

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.batchAxis = try reader.int("batch_axis") ?? 1
        self.timeAxis = try reader.int("time_axis") ?? 0
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let x = try self.input(inputs, 0)
        let type = graph.type(x)
        let batch = try self.normalizedAxis(self.batchAxis, rank: type.rank)
        let time = try self.normalizedAxis(self.timeAxis, rank: type.rank)
        let given = try self.input(inputs, 1)
        guard batch != time, graph.type(given) == TensorType(.int64, [type.shape[batch]]) else {
            throw GraphError(.shape, self.name, "lengths are \(graph.type(given)) for \(type)")
        }
        var shape = [Int](repeating: 1, count: type.rank)
        shape[batch] = type.shape[batch]
        let lengths = try graph.reshaped(given, to: shape)
        let places = graph.count(type.shape[time], axis: time, rank: type.rank)
        let last = try graph.apply(Sub(), lengths, graph.number(1, .int64))
        let mirrored = try graph.apply(Sub(), last, places)
        let source = try graph.apply(Where(), try graph.apply(Less(), places, lengths), mirrored, places)
        return [try graph.apply(GatherElements(axis: time), x, try graph.expanded(source, to: type.shape))]
    }
}
