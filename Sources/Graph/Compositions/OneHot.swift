/// `on` where the place along a new axis is the index, else `off`; indices outside the axis are all off. ONNX `OneHot` 11.
struct OneHot: OnnxComposition {
    static let onnxTypes = ["OneHot"]

    private let axis: Int
    private let depth: Int

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.axis = try reader.int("axis") ?? -1
        let depth = try reader.requiredConstant(input: 1)
        guard let depth = depth.scalar, depth >= 0, depth <= Double(mostComposedElements) else {
            throw GraphError(.attribute, reader.type, "depth is \(depth.type), must be one number of a size")
        }
        self.depth = Int(depth)
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let values = try self.input(inputs, 1)
        guard graph.type(values).shape == [2] else { throw GraphError(.shape, self.name, "values are \(graph.type(values))") }
        var indices = try self.input(inputs, 0)
        let rank = graph.type(indices).rank + 1
        let axis = try self.normalizedAxis(self.axis, rank: rank)
        if graph.type(indices).dataType != .int64 { indices = try graph.apply(Cast(to: .int64), indices) }
        indices = try graph.apply(Unsqueeze(axes: [axis]), indices)
        let fromEnd = try graph.apply(Add(), indices, graph.number(Double(self.depth), .int64))
        let isNegative = try graph.apply(Less(), indices, graph.number(0, .int64))
        let place = try graph.apply(Where(), isNegative, fromEnd, indices)
        let hits = try graph.apply(Equal(), place, graph.count(self.depth, axis: axis, rank: rank))
        let off = try graph.apply(Slice(starts: [0], ends: [1]), values)
        return [try graph.apply(Where(), hits, try graph.apply(Slice(starts: [1], ends: [2]), values), off)]
    }
}
