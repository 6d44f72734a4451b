/// `softmax(scale * q kᵀ + mask + relative) v` for every batch element and head.
///
/// `q` is [B, H, N, D], `k` [B, H, M, D], `v` [B, H, M, E], all float32 or all bfloat16; the optional additive `mask`
/// (float32) broadcasts to [B, H, N, M]. Where keys lie on a grid of R rows and C columns (M = R·C), `row_bias` [B, H, N, R]
/// and `column_bias` [B, H, N, C] give each score the sum of its row's and its column's number: decomposed relative
/// positions (Li et al., "MViTv2", 2022), made by passes only. The result is [B, H, N, E]. A query whose keys are all masked
/// with minus infinity gives NaN, as the composition does. Passes may arrange q, k, v and the result otherwise.
/// ONNX: `Attention` from opset 23 on, else Transpose, MatMul, Mul, Add, Softmax, MatMul.
package struct ScaledDotProductAttention: Operator, Equatable {
    package static let schema = OperatorSchema(
        "ScaledDotProductAttention", inputs: ["q", "k", "v"], optional: ["mask", "row_bias", "column_bias"])

    /// What scores are multiplied by; 1/√D when nil.
    package let scale: Float?
    /// How q, k and v lie.
    package let queries: AttentionOperand
    package let keys: AttentionOperand
    package let values: AttentionOperand
    /// How the result lies; it has no parts.
    package let result: AttentionOperand

    package init(
        scale: Float? = nil, queries: AttentionOperand = .heads, keys: AttentionOperand = .heads,
        values: AttentionOperand = .heads, result: AttentionOperand = .heads
    ) {
        self.scale = scale
        self.queries = queries
        self.keys = keys
        self.values = values
        self.result = result
    }

    /// Everything lies as ONNX has it.
    private var isPlain: Bool { self == ScaledDotProductAttention(scale: self.scale) }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        var dims = Dims(self.name)
        let types = [
            try self.queries.type(try self.type(inputs, 0), in: self.name),
            try self.keys.type(try self.type(inputs, 1), in: self.name),
            try self.values.type(try self.type(inputs, 2), in: self.name),
        ]
        try dims.match(types[0], "B", "H", "N", "D", in: "q")
        try dims.match(types[1], "B", "H", "M", "D", in: "k")
        try dims.match(types[2], "B", "H", "M", "E", in: "v")
        let element = types[0].dataType
        for type in types where type.dataType != element || (element != .float32 && element != .bfloat16) {
            throw GraphError(.dataType, self.name, "an input is \(type), q is \(types[0]); float32 or bfloat16 is taken")
        }
        for type in (3...5).compactMap({ self.optionalType(inputs, $0) }) where type.dataType != .float32 {
            throw GraphError(.dataType, self.name, "a bias is \(type), must be float32")
        }
        if let rows = self.optionalType(inputs, 4) {
            guard let columns = self.optionalType(inputs, 5) else {
                throw GraphError(.arity, self.name, "row_bias without column_bias")
            }
            try dims.match(rows, "B", "H", "N", "R", in: "row_bias")
            try dims.match(columns, "B", "H", "N", "C", in: "column_bias")
            guard dims["C"] > 0, dims["R"].multipliedReportingOverflow(by: dims["C"]) == (dims["M"], false) else {
                throw GraphError(.shape, self.name, "a grid of \(rows) and \(columns) does not hold M keys")
            }
        }
        guard dims["D"] > 0, dims["M"] > 0 else { throw GraphError(.shape, self.name, "D and M must not be 0") }
        if let mask = self.optionalType(inputs, 3) {
            let scores = dims.shape("B", "H", "N", "M")
            guard try Broadcast.shape(mask.shape, scores, in: self.name) == scores else {
                throw GraphError(.shape, self.name, "mask \(mask) does not broadcast to \(scores)")
            }
        }
        guard self.result.part == nil, self.result.axes.sorted() == [0, 1, 2] else {
            throw GraphError(.attribute, self.name, "the result is arranged as \(self.result)")
        }
        return [self.result.tensor(TensorType(element, dims.shape("B", "H", "N", "E")))]
    }

    /// The factor for queries of `size` elements.
    package func factor(size: Int) -> Float { self.scale ?? 1 / Float(size).squareRoot() }

    package var gradient: Gradient {
        guard self.isPlain else { return .none(reason: "operands are arranged after differentiation") }
        return .rule { [self] (context) throws(GraphError) in
            guard context.optionalInput(4) == nil else {
                throw GraphError(.gradient, self.name, "relative positions are joined after differentiation")
            }
            guard !context.needs(3) else {
                throw GraphError(.gradient, self.name, "the mask has no gradient here; compose MatMul, Add and Softmax")
            }
            var inputs: [ValueID?] = [
                try context.input(0), try context.input(1), try context.input(2), try context.dy(),
            ]
            if let mask = context.optionalInput(3) { inputs.append(mask) }
            let gradients = try context.emitAll(ScaledDotProductAttentionGradient(forward: self), inputs)
            return context.node.inputs.indices.map { context.needs($0) ? gradients[$0] : nil }
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        if opset >= 23, self.isPlain {
            return .node(OnnxNode("Attention", self.scale.map { [("scale", .float($0))] } ?? []))
        }
        return .lowered { (graph, inputs) throws(GraphError) in
            guard let q = inputs[0], let k = inputs[1], let v = inputs[2] else {
                throw GraphError(.arity, self.name, "a required input is absent")
            }
            let result = try self.composed(
                in: &graph, q: try self.queries.separated(in: &graph, q), k: try self.keys.separated(in: &graph, k),
                v: try self.values.separated(in: &graph, v), mask: inputs.count > 3 ? inputs[3] : nil)
            return [try self.result.joined(in: &graph, result)]
        }
    }

    /// Emits the standard operators that compute the same of q, k and v [B, H, N or M, D or E].
    package func composed(
        in graph: inout Graph, q: ValueID, k: ValueID, v: ValueID, mask: ValueID?
    ) throws(GraphError) -> ValueID {
        let factor = self.factor(size: graph[q].type.shape[3])
        let transposed = try graph.apply(Transpose(permutation: [0, 1, 3, 2]), k)
        let scale = graph.constant(Tensor([factor], shape: []), name: "scale")
        var scores = try graph.apply(Mul(), try graph.apply(MatMul(), q, transposed), scale)
        if let mask { scores = try graph.apply(Add(), scores, mask) }
        return try graph.apply(MatMul(), try graph.apply(Softmax(axis: -1), scores), v)
    }
}
