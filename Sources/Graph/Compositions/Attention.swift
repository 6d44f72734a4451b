/// Attention over heads with masks, a cache of past keys and values, and fewer heads of keys than of queries.
/// ONNX `Attention` 23 and 24.
///
/// Q [B, H, N, D], K [B, G, M, D], V [B, G, M, E], or three axes with the heads side by side in the last one. Becomes
/// `ScaledDotProductAttention` where no scores are asked for and none are capped, else the products it is made of.
/// Computed in float32 where the type is narrower.
package struct Attention: OnnxComposition {
    package static let onnxTypes = ["Attention"]

    /// What the fourth output holds.
    private enum Stage: Int {
        case product
        case masked
        case capped
        case softmax
    }

    /// Heads of tensors with three axes.
    private let queryHeads: Int?
    private let keyHeads: Int?
    private let scale: Float?
    private let isCausal: Bool
    /// Scores are held below it by a hyperbolic tangent; 0 for none.
    private let softcap: Float
    private let softmaxType: DataType?
    /// Nil when the scores are not asked for.
    private let scores: Stage?

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.queryHeads = try reader.int("q_num_heads")
        self.keyHeads = try reader.int("kv_num_heads")
        self.scale = try reader.float("scale")
        self.isCausal = try reader.int("is_causal") ?? 0 != 0
        self.softcap = try reader.float("softcap") ?? 0
        self.softmaxType = try reader.int("softmax_precision").flatMap { DataType(onnxCode: $0) }
        let mode = try reader.int("qk_matmul_output_mode") ?? 0
        guard let stage = Stage(rawValue: mode) else {
            throw GraphError(.attribute, reader.type, "qk_matmul_output_mode is \(mode)")
        }
        self.scores = reader.outputCount > 3 ? stage : nil
    }

    /// Outputs Y, the present keys and values, and the scores.
    package func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let given = try self.input(inputs, 0)
        let (rank, type) = (graph[given].type.rank, graph[given].type.dataType)
        let working = [.float16, .bfloat16].contains(type) ? DataType.float32 : type
        let query = try self.withHeads(&graph, given, self.queryHeads)
        let key = try self.joined(&graph, inputs, past: 4, try self.withHeads(&graph, try self.input(inputs, 1), self.keyHeads))
        let value = try self.joined(&graph, inputs, past: 5, try self.withHeads(&graph, try self.input(inputs, 2), self.keyHeads))
        let heads = graph[query].type.shape[1]
        let q = try graph.cast(query, to: working)
        let k = try self.repeated(&graph, try graph.cast(key, to: working), heads: heads)
        let v = try self.repeated(&graph, try graph.cast(value, to: working), heads: heads)
        let pastCount = self.optionalInput(inputs, 4).map { graph[$0].type.shape[2] } ?? 0
        let mask = try self.mask(&graph, inputs, q: q, k: k, pastCount: pastCount)
        let (y, scores) = try self.attended(&graph, q, k, v, mask)
        var result = try graph.cast(y, to: type)
        if rank == 3 {
            let (count, size) = (graph[y].type.shape[2], graph[y].type.shape[3])
            let tokens = try graph.apply(Transpose(permutation: [0, 2, 1, 3]), result)
            result = try graph.apply(Reshape([graph[y].type.shape[0], count, heads * size]), tokens)
        }
        return [result, key, value] + (try scores.map { (id) throws(GraphError) in [try graph.cast(id, to: type)] } ?? [])
    }

    /// A tensor with four axes.
    private func withHeads(_ graph: inout Graph, _ x: ValueID, _ heads: Int?) throws(GraphError) -> ValueID {
        let type = graph[x].type
        if type.rank == 4 { return x }
        guard type.rank == 3, let heads, heads > 0, type.shape[2].isMultiple(of: heads) else {
            throw GraphError(.shape, self.name, "\(type) has not four axes, nor three and \(heads ?? 0) heads in the last one")
        }
        let apart = try graph.apply(Reshape([type.shape[0], type.shape[1], heads, type.shape[2] / heads]), x)
        return try graph.apply(Transpose(permutation: [0, 2, 1, 3]), apart)
    }

    /// The rows of an earlier run, where given, before new ones.
    private func joined(_ graph: inout Graph, _ inputs: [ValueID?], past: Int, _ new: ValueID) throws(GraphError) -> ValueID {
        guard let old = self.optionalInput(inputs, past) else { return new }
        return try graph.apply(Concat(axis: 2), old, new)
    }

    /// Every head as often as queries share it.
    private func repeated(_ graph: inout Graph, _ x: ValueID, heads: Int) throws(GraphError) -> ValueID {
        let shape = graph[x].type.shape
        if shape[1] == heads { return x }
        guard shape[1] > 0, heads.isMultiple(of: shape[1]) else {
            throw GraphError(.shape, self.name, "\(shape[1]) heads of keys or values for \(heads) of queries")
        }
        let single = try graph.apply(Unsqueeze(axes: [2]), x)
        let all = try graph.apply(Expand([shape[0], shape[1], heads / shape[1], shape[2], shape[3]]), single)
        return try graph.apply(Reshape([shape[0], heads, shape[2], shape[3]]), all)
    }

    /// What is added to the scores; nil for nothing.
    private func mask(
        _ graph: inout Graph, _ inputs: [ValueID?], q: ValueID, k: ValueID, pastCount: Int
    ) throws(GraphError) -> ValueID? {
        let type = graph[q].type.dataType
        let (batch, queries, keys) = (graph[q].type.shape[0], graph[q].type.shape[2], graph[k].type.shape[2])
        var parts: [ValueID] = []
        if let given = self.optionalInput(inputs, 3) {
            let mask =
                graph[given].type.dataType == .bool
                ? try graph.exclusion(allowed: given, type) : try graph.cast(given, to: type)
            let shape = graph[mask].type.shape
            guard let last = shape.last, last <= keys else {
                throw GraphError(.shape, self.name, "the mask is \(graph[mask].type), there are \(keys) keys")
            }
            var after = shape.map { _ in 0 }
            after[shape.count - 1] = keys - last
            let isWhole = last == keys || last == 1
            let pad = Pad(before: shape.map { _ in 0 }, after: after, value: -.infinity)
            parts.append(isWhole ? mask : try graph.apply(pad, mask))
        }
        var limits: [ValueID] = []
        if self.isCausal {
            let ends = (0..<queries).map { Int64($0 + pastCount + 1) }
            limits.append(graph.constant(Tensor(ends, shape: [queries, 1]), name: "ends"))
        }
        if let counts = self.optionalInput(inputs, 6) {
            limits.append(try graph.apply(Reshape([batch, 1, 1, 1]), counts))
        }
        for limit in limits {
            let places = graph.constant(Tensor((0..<keys).map { Int64($0) }, shape: [keys]), name: "places")
            parts.append(try graph.exclusion(allowed: try graph.apply(Less(), places, limit), type))
        }
        guard var sum = parts.first else { return nil }
        for part in parts.dropFirst() { sum = try graph.apply(Add(), sum, part) }
        return sum
    }

    private func attended(
        _ graph: inout Graph, _ q: ValueID, _ k: ValueID, _ v: ValueID, _ mask: ValueID?
    ) throws(GraphError) -> (y: ValueID, scores: ValueID?) {
        let type = graph[q].type.dataType
        let attention = ScaledDotProductAttention(scale: self.scale)
        let isPlain = self.scores == nil && self.softcap == 0 && self.softmaxType != .float64
        if isPlain, type == .float32, graph[k].type.elementCount > 0 {
            return (try graph.append(attention, [q, k, v] + (mask.map { [$0] } ?? []))[0], nil)
        }
        let factor = graph.constant(Tensor(scalar: Double(attention.factor(size: graph[q].type.shape[3])), type), name: "scale")
        let transposed = try graph.apply(Transpose(permutation: [0, 1, 3, 2]), k)
        let product = try graph.apply(MatMul(), try graph.apply(Mul(), q, factor), transposed)
        let masked = try mask.map { (id) throws(GraphError) in try graph.apply(Add(), product, id) } ?? product
        var capped = masked
        if self.softcap != 0 {
            let cap = graph.constant(Tensor(scalar: Double(self.softcap), type), name: "softcap")
            capped = try graph.apply(Mul(), try graph.apply(Tanh(), try graph.apply(Div(), masked, cap)), cap)
        }
        let wide = try graph.cast(capped, to: self.softmaxType == .float64 ? .float64 : type)
        let softmax = try graph.cast(try graph.apply(Softmax(axis: -1), wide), to: type)
        let stages = [product, masked, capped, softmax]
        return (try graph.apply(MatMul(), softmax, v), self.scores.map { stages[$0.rawValue] })
    }
}

extension Graph {
    /// The value in another element type; itself where it has it.
    package mutating func cast(_ value: ValueID, to type: DataType) throws(GraphError) -> ValueID {
        self[value].type.dataType == type ? value : try self.apply(Cast(to: type), value)
    }

    /// 0 where a score is allowed, minus infinity elsewhere.
    fileprivate mutating func exclusion(allowed: ValueID, _ type: DataType) throws(GraphError) -> ValueID {
        let zero = self.constant(Tensor(scalar: 0, type), name: "zero")
        let never = self.constant(Tensor(scalar: -.infinity, type), name: "never")
        return try self.apply(Where(), allowed, zero, never)
    }
}
