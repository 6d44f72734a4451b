/// `softmax(scale * q kᵀ + mask) v` for every batch element and head.
///
/// `q` is [B, H, N, D], `k` [B, H, M, D], `v` [B, H, M, E]; the optional additive `mask` broadcasts to [B, H, N, M].
/// The result is [B, H, N, E]. A query whose keys are all masked with minus infinity gives NaN, as the composition does.
/// ONNX: `Attention` from opset 23 on, else Transpose, MatMul, Mul, Add, Softmax, MatMul.
package struct ScaledDotProductAttention: Operator {
    package static let schema = OperatorSchema("ScaledDotProductAttention", inputs: ["q", "k", "v"], optional: ["mask"])

    /// What scores are multiplied by; 1/√D when nil.
    package let scale: Float?

    package init(scale: Float? = nil) {
        self.scale = scale
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        var dims = Dims(self.name)
        let types = [try self.type(inputs, 0), try self.type(inputs, 1), try self.type(inputs, 2)]
        try dims.match(types[0], "B", "H", "N", "D", in: "q")
        try dims.match(types[1], "B", "H", "M", "D", in: "k")
        try dims.match(types[2], "B", "H", "M", "E", in: "v")
        for type in types + [self.optionalType(inputs, 3)].compactMap({ $0 }) where type.dataType != .float32 {
            throw GraphError(.dataType, self.name, "an input is \(type), must be float32")
        }
        guard dims["D"] > 0, dims["M"] > 0 else { throw GraphError(.shape, self.name, "D and M must not be 0") }
        if let mask = self.optionalType(inputs, 3) {
            let scores = dims.shape("B", "H", "N", "M")
            guard try Broadcast.shape(mask.shape, scores, in: self.name) == scores else {
                throw GraphError(.shape, self.name, "mask \(mask) does not broadcast to \(scores)")
            }
        }
        return [TensorType(.float32, dims.shape("B", "H", "N", "E"))]
    }

    /// The factor for queries of `size` elements.
    package func factor(size: Int) -> Float { self.scale ?? 1 / Float(size).squareRoot() }

    package var gradient: Gradient {
        .rule { [self] (context) throws(GraphError) in
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
        if opset >= 23 {
            return .node(OnnxNode("Attention", self.scale.map { [("scale", .float($0))] } ?? []))
        }
        return .lowered { (graph, inputs) throws(GraphError) in
            guard let q = inputs[0], let k = inputs[1], let v = inputs[2] else {
                throw GraphError(.arity, self.name, "a required input is absent")
            }
            return [try self.composed(in: &graph, q: q, k: k, v: v, mask: inputs.count > 3 ? inputs[3] : nil)]
        }
    }

    /// Emits the standard operators that compute the same.
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
