/// 1 at the first largest element along an axis, else 0. ONNX `Hardmax` 13; before opset 13 over all axes from `axis` on.
struct Hardmax: OnnxComposition {
    static let onnxTypes = ["Hardmax"]

    private let axis: Int
    private let isFlat: Bool

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.isFlat = reader.opset < 13
        self.axis = try reader.int("axis") ?? (self.isFlat ? 1 : -1)
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let x = try self.input(inputs, 0)
        let type = graph.type(x)
        guard self.isFlat else { return [try self.emit(into: &graph, x, along: self.axis)] }
        let rows = try graph.apply(Flatten(axis: self.axis), x)
        return [try graph.reshaped(try self.emit(into: &graph, rows, along: 1), to: type.shape)]
    }

    private func emit(into graph: inout Graph, _ x: ValueID, along axis: Int) throws(GraphError) -> ValueID {
        let type = graph.type(x)
        let axis = try self.normalizedAxis(axis, rank: type.rank)
        guard type.elementCount > 0 else { return x }
        let place = try graph.apply(ArgMax(ArgReduction(axis: axis)), x)
        let hits = try graph.apply(Equal(), place, graph.count(type.shape[axis], axis: axis, rank: type.rank))
        return try graph.apply(Cast(to: type.dataType), hits)
    }
}
