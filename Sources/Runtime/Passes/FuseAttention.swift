package import Graph

extension Pass {
    /// Recognises `softmax(q·kᵀ·scale)·v`, and around it the split of a fused projection into heads.
    package static let fuseAttention = Pass("fuseAttention") { (graph) throws(GraphError) in
        let attended = try graph.rewritten { (rewriter, node) throws(GraphError) in
            guard node.op is MatMul, let match = AttentionMatch(node, rewriter.old) else { return nil }
            return try rewriter.new.append(
                ScaledDotProductAttention(scale: match.scale), [rewriter[match.q], rewriter[match.k], rewriter[match.v]],
                name: node.name)
        }
        return try attended.rewritten { (rewriter, node) throws(GraphError) in
            guard node.op is Reshape, let match = PackedMatch(node, rewriter.old) else { return nil }
            return try rewriter.new.append(
                PackedAttention(heads: match.heads, scale: match.scale), [rewriter[match.qkv]], name: node.name)
        }
    }
}

/// `MatMul(Softmax(scaled scores), v)` with the scale on the scores, or on q, k or both.
private struct AttentionMatch {
    let q: ValueID
    let k: ValueID
    let v: ValueID
    private(set) var scale: Float

    init?(_ node: Node, _ graph: Graph) {
        guard let weights = node.inputs[0], let v = node.inputs[1], graph[v].type.rank == 4,
            let softmax = graph.producer(of: weights), let op = softmax.op as? Softmax, op.axis == -1 || op.axis == 3,
            let scores = softmax.inputs[0]
        else { return nil }
        let outer = Self.unscaled(scores, graph)
        guard let product = graph.producer(of: outer.value), product.op is MatMul, let left = product.inputs[0],
            let right = product.inputs[1]
        else { return nil }
        let q = Self.unscaled(left, graph)
        let scaledKey = Self.unscaled(right, graph)
        guard let transpose = graph.producer(of: scaledKey.value), let permutation = transpose.op as? Transpose,
            let source = transpose.inputs[0], graph[q.value].type.rank == 4
        else { return nil }
        let order = permutation.order(rank: 4)
        guard order == [0, 1, 3, 2] else { return nil }
        let k = Self.unscaled(source, graph)
        self.q = q.value
        self.k = k.value
        self.v = v
        self.scale = outer.factor * q.factor * scaledKey.factor * k.factor
    }

    /// The value without a product with, or quotient by, a scalar constant.
    private static func unscaled(_ value: ValueID, _ graph: Graph) -> (value: ValueID, factor: Float) {
        guard let node = graph.producer(of: value), node.op is Mul || node.op is Div, let x = node.inputs[0],
            let y = node.inputs[1]
        else { return (value, 1) }
        if let factor = Self.scalar(graph[y]) { return (x, node.op is Mul ? factor : 1 / factor) }
        if node.op is Mul, let factor = Self.scalar(graph[x]) { return (y, factor) }
        return (value, 1)
    }

    private static func scalar(_ value: Value) -> Float? {
        guard let tensor = value.constant, tensor.type.dataType == .float32, tensor.type.elementCount == 1 else { return nil }
        return tensor.array(of: Float.self).first
    }
}

/// `[B, N, 3HD] → [B, N, 3, H, D] → [3, B, H, N, D] → q, k, v → attention → [B, N, H, D] → [B, N, HD]`.
private struct PackedMatch {
    let qkv: ValueID
    let heads: Int
    let scale: Float?

    init?(_ node: Node, _ graph: Graph) {
        guard let merged = node.inputs[0], let tokens = graph.producer(of: merged), let back = tokens.op as? Transpose,
            back.order(rank: 4) == [0, 2, 1, 3], let result = tokens.inputs[0], let attention = graph.producer(of: result),
            let op = attention.op as? ScaledDotProductAttention, attention.inputs.count == 3
        else { return nil }
        var stacked: ValueID?
        for (position, input) in attention.inputs.enumerated() {
            guard let input, let part = Self.part(of: input, graph), part.index == position,
                stacked == nil || stacked == part.source
            else { return nil }
            stacked = part.source
        }
        guard let stacked, let transpose = graph.producer(of: stacked), let order = transpose.op as? Transpose,
            order.order(rank: 5) == [2, 0, 3, 1, 4], let apart = transpose.inputs[0], let reshape = graph.producer(of: apart),
            reshape.op is Reshape, let qkv = reshape.inputs[0], graph[qkv].type.rank == 3
        else { return nil }
        let shape = graph[apart].type.shape
        let input = graph[qkv].type.shape
        guard shape.count == 5, shape[2] == 3, shape[0] == input[0], shape[1] == input[1],
            graph[node.outputs[0]].type.shape == [input[0], input[1], input[2] / 3]
        else { return nil }
        self.qkv = qkv
        self.heads = shape[3]
        self.scale = op.scale
    }

    /// Which third of the stacked projection a value is: by `Split` and `Squeeze`, or by `Gather`.
    private static func part(of value: ValueID, _ graph: Graph) -> (source: ValueID, index: Int)? {
        guard let node = graph.producer(of: value) else { return nil }
        if let gather = node.op as? Gather, gather.axis == 0, let source = node.inputs[0], let index = node.inputs[1],
            let tensor = graph[index].constant, tensor.type == TensorType(.int64, [])
        {
            return tensor.array(of: Int64.self).first.map { (source, Int($0)) }
        }
        guard node.op is Squeeze || node.op is Reshape, let piece = node.inputs[0], let split = graph.producer(of: piece),
            let op = split.op as? Split, op.axis == 0, op.sizes == [1, 1, 1], let source = split.inputs[0],
            let index = split.outputs.firstIndex(of: piece)
        else { return nil }
        return (source, index)
    }
}
