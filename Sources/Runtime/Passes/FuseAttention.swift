package import Graph

extension Pass {
    /// Recognises `softmax(q·kᵀ·scale + mask)·v`, with a mask, or relative positions of a grid's rows and columns, or
    /// neither.
    package static let fuseAttention = Pass("fuseAttention") { (graph) throws(GraphError) in
        try graph.rewritten { (rewriter, node) throws(GraphError) in
            guard node.op is MatMul, let match = AttentionMatch(node, rewriter.old) else { return nil }
            return [try match.emit(node, &rewriter)]
        }
    }
}

/// `MatMul(Softmax(scaled scores + bias), v)` with the scale on the scores, or on q, k or both; of rank 4, or of rank 3 with
/// batch and heads in one axis.
private struct AttentionMatch {
    /// What is added to the scores.
    private enum Bias {
        case none
        case mask(ValueID)
        /// [B·H, h, w, R] and [B·H, h, w, C].
        case grid(rows: ValueID, columns: ValueID)
    }

    private let q: ValueID
    private let v: ValueID
    /// The keys, after the transposition of this source by this order.
    private let keySource: ValueID
    private let keyOrder: [Int]
    private let scale: Float
    private let bias: Bias
    private let rank: Int

    init?(_ node: Node, _ graph: Graph) {
        guard let weights = node.inputs[0], let v = node.inputs[1], let softmax = graph.producer(of: weights),
            let op = softmax.op as? Softmax, let input = softmax.inputs[0]
        else { return nil }
        let rank = graph[v].type.rank
        guard rank == 3 || rank == 4, op.axis == -1 || op.axis == rank - 1, graph[v].type.dataType == .float32 else { return nil }
        let (scores, bias) = Self.withoutBias(input, graph)
        let outer = Self.unscaled(scores, graph)
        guard let product = graph.producer(of: outer.value), product.op is MatMul, let left = product.inputs[0],
            let right = product.inputs[1]
        else { return nil }
        let q = Self.unscaled(left, graph)
        let scaledKey = Self.unscaled(right, graph)
        guard let transpose = graph.producer(of: scaledKey.value), let permutation = transpose.op as? Transpose,
            let source = transpose.inputs[0], graph[q.value].type.rank == rank,
            graph[v].type.shape.dropLast(2) == graph[q.value].type.shape.dropLast(2)
        else { return nil }
        let k = Self.unscaled(source, graph)
        var order = permutation.order(rank: rank)
        order.swapAt(rank - 1, rank - 2)
        let heads = order.dropLast(2).map { graph[k.value].type.shape[$0] }
        guard heads == Array(graph[v].type.shape.dropLast(2)) else { return nil }
        self.q = q.value
        self.keySource = k.value
        self.keyOrder = order
        self.v = v
        self.scale = outer.factor * q.factor * scaledKey.factor * k.factor
        self.bias = bias
        self.rank = rank
    }

    /// The attention, under the node's name.
    func emit(_ node: Node, _ rewriter: inout Rewriter) throws(GraphError) -> ValueID {
        var k = rewriter[self.keySource]
        if self.keyOrder != Array(0..<self.rank) {
            k = try rewriter.new.apply(Transpose(permutation: self.keyOrder), k, name: "\(node.name)/keys")
        }
        var inputs: [ValueID?] = []
        for id in [rewriter[self.q], k, rewriter[self.v]] { inputs.append(try self.withBatch(id, node, &rewriter)) }
        switch self.bias {
        case .none: break
        case .mask(let mask):
            let id = rewriter[mask]
            inputs.append(rewriter.new[id].type.rank == 3 ? try self.withBatch(id, node, &rewriter) : id)
        case .grid(let rows, let columns):
            inputs.append(nil)
            let scores = rewriter.old[self.q].type.shape.dropLast()
            for part in [rows, columns] {
                let shape = (self.rank == 3 ? [1] : []) + scores + [rewriter.old[part].type.shape[3]]
                inputs.append(try rewriter.new.apply(Reshape(shape), rewriter[part], name: "\(node.name)/positions"))
            }
        }
        let op = ScaledDotProductAttention(scale: self.scale)
        guard self.rank == 3 else { return try rewriter.new.append(op, inputs, name: node.name)[0] }
        let result = try rewriter.new.append(op, inputs, name: "\(node.name)/attention")[0]
        return try rewriter.new.apply(Reshape(rewriter.old[node.outputs[0]].type.shape), result, name: node.name)
    }

    /// With an axis of one batch before three axes.
    private func withBatch(_ id: ValueID, _ node: Node, _ rewriter: inout Rewriter) throws(GraphError) -> ValueID {
        let shape = rewriter.new[id].type.shape
        guard self.rank == 3 else { return id }
        return try rewriter.new.apply(Reshape([1] + shape), id, name: "\(node.name)/batch")
    }

    /// The scores and what is added to them.
    private static func withoutBias(_ value: ValueID, _ graph: Graph) -> (scores: ValueID, bias: Bias) {
        guard let sum = graph.producer(of: value), sum.op is Add, let a = sum.inputs[0], let b = sum.inputs[1] else {
            return (value, .none)
        }
        for (scores, other) in [(a, b), (b, a)] {
            guard graph[scores].type == graph[value].type,
                let product = graph.producer(of: self.unscaled(scores, graph).value), product.op is MatMul
            else { continue }
            if let grid = self.grid(other, scores: graph[value].type, graph) { return (scores, grid) }
            if graph[other].type.rank <= 4 { return (scores, .mask(other)) }
        }
        return (value, .none)
    }

    /// `reshape(rows[..., R, 1] + columns[..., 1, C])` for scores of R·C keys.
    private static func grid(_ value: ValueID, scores: TensorType, _ graph: Graph) -> Bias? {
        guard let reshape = graph.producer(of: value), reshape.op is Reshape, graph[value].type == scores,
            let joint = reshape.inputs[0], let sum = graph.producer(of: joint), sum.op is Add, graph[joint].type.rank == 5
        else { return nil }
        var rows: ValueID?
        var columns: ValueID?
        for case let input? in sum.inputs {
            let shape = graph[input].type.shape
            guard shape.count == 5, let spread = graph.producer(of: input), spread.op is Unsqueeze || spread.op is Reshape,
                let source = spread.inputs[0], graph[source].type.rank == 4
            else { return nil }
            if shape[4] == 1, shape[3] != 1 { rows = source } else if shape[3] == 1 { columns = source }
        }
        guard let rows, let columns, let r = graph[rows].type.shape.last, let c = graph[columns].type.shape.last,
            r * c == scores.shape.last
        else { return nil }
        return .grid(rows: rows, columns: columns)
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
