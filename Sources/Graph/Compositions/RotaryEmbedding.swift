/// Pairs of elements of every head turned by angles that depend on their token. ONNX `RotaryEmbedding` 23.
///
/// X [B, H, N, D], or [B, N, H·D] with the number of heads; cosines and sines [positions, R / 2] with the tokens' positions
/// [B, N], or [B, N, R / 2] without. The first R elements of a head turn, all of them unless said otherwise.
package struct RotaryEmbedding: OnnxComposition {
    package static let onnxTypes = ["RotaryEmbedding"]

    /// Pairs are neighbours, else an element and the one half of R further.
    private let isInterleaved: Bool
    private let heads: Int
    /// R; 0 for the whole head.
    private let size: Int

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.isInterleaved = try reader.int("interleaved") ?? 0 != 0
        self.heads = try reader.int("num_heads") ?? 0
        self.size = try reader.int("rotary_embedding_dim") ?? 0
    }

    package func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let given = try self.input(inputs, 0)
        let shape = graph[given].type.shape
        var x = given
        if shape.count == 3 {
            guard self.heads > 0, shape[2].isMultiple(of: self.heads) else {
                throw GraphError(.attribute, self.name, "num_heads is \(self.heads) for \(graph[given].type)")
            }
            x = try graph.apply(Reshape([shape[0], shape[1], self.heads, shape[2] / self.heads]), x)
        }
        let type = graph[x].type
        let whole = type.shape.last ?? 0
        let size = self.size == 0 ? whole : self.size
        guard type.rank == 4, size >= 0, size <= whole, size.isMultiple(of: 2) else {
            throw GraphError(.shape, self.name, "\(size) elements turn of \(type)")
        }
        // Angles are shared by heads, which lie behind the tokens or before them.
        let headAxis = shape.count == 3 ? 2 : 1
        let cosines = try self.angles(&graph, inputs, 1, headAxis: headAxis)
        let sines = try self.angles(&graph, inputs, 2, headAxis: headAxis)
        let parts = size == whole ? [x] : try graph.append(Split(axis: -1, sizes: [size, whole - size]), [x])
        let turned = try self.turned(&graph, parts[0], cosines, sines)
        let result = parts.count == 1 ? turned : try graph.apply(Concat(axis: -1), turned, parts[1])
        return [shape.count == 3 ? try graph.apply(Reshape(shape), result) : result]
    }

    /// Cosines or sines that broadcast against half of what turns.
    private func angles(
        _ graph: inout Graph, _ inputs: [ValueID?], _ index: Int, headAxis: Int
    ) throws(GraphError) -> ValueID {
        let table = try self.input(inputs, index)
        let own = try self.optionalInput(inputs, 3).map { (positions) throws(GraphError) in
            try graph.apply(Gather(axis: 0), table, positions)
        }
        guard graph[own ?? table].type.rank == 3 else {
            throw GraphError(.shape, self.name, "input \(index) is \(graph[table].type)")
        }
        return try graph.apply(Unsqueeze(axes: [headAxis]), own ?? table)
    }

    private func turned(
        _ graph: inout Graph, _ x: ValueID, _ cosines: ValueID, _ sines: ValueID
    ) throws(GraphError) -> ValueID {
        let shape = graph[x].type.shape
        let half = shape[3] / 2
        let first: ValueID
        let second: ValueID
        if self.isInterleaved {
            let pairs = try graph.apply(Reshape(Array(shape.dropLast()) + [half, 2]), x)
            let parts = try graph.append(Split(axis: -1, sizes: [1, 1]), [pairs])
            first = try graph.apply(Squeeze(axes: [4]), parts[0])
            second = try graph.apply(Squeeze(axes: [4]), parts[1])
        } else {
            let parts = try graph.append(Split(axis: -1, sizes: [half, half]), [x])
            (first, second) = (parts[0], parts[1])
        }
        let real = try graph.apply(Sub(), try graph.apply(Mul(), cosines, first), try graph.apply(Mul(), sines, second))
        let other = try graph.apply(Add(), try graph.apply(Mul(), sines, first), try graph.apply(Mul(), cosines, second))
        guard self.isInterleaved else { return try graph.apply(Concat(axis: -1), real, other) }
        let pairs = try graph.apply(
            Concat(axis: -1), try graph.apply(Unsqueeze(axes: [4]), real), try graph.apply(Unsqueeze(axes: [4]), other))
        return try graph.apply(Reshape(shape), pairs)
    }
}
