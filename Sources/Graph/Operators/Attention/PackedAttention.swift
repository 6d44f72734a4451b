/// Self-attention straight from a fused projection: `qkv` is [B, N, 3·H·D], each token's row holding q, k and v one after the
/// other, each of them head by head; the result is [B, N, H·D] with heads side by side.
///
/// Products of bfloat16 values have float32 sums, and softmax is float32. The same numbers as `ScaledDotProductAttention` between transposes, without the transposes; ONNX gets the latter.
package struct PackedAttention: Operator {
    package static let schema = OperatorSchema("PackedAttention", inputs: ["qkv"])

    /// H, at least 1.
    package let heads: Int
    /// What scores are multiplied by; 1/√D when nil.
    package let scale: Float?

    package init(heads: Int, scale: Float? = nil) {
        self.heads = heads
        self.scale = scale
    }

    /// The attention between the transposes.
    package var inner: ScaledDotProductAttention { ScaledDotProductAttention(scale: self.scale) }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let qkv = try self.type(inputs, 0)
        guard self.heads > 0 else { throw GraphError(.attribute, self.name, "heads is \(self.heads)") }
        guard qkv.dataType == .float32 || qkv.dataType == .bfloat16 else {
            throw GraphError(.dataType, self.name, "qkv is \(qkv), must be float32 or bfloat16")
        }
        guard qkv.rank == 3, qkv.shape[1] > 0, qkv.shape[2] > 0, qkv.shape[2].isMultiple(of: 3 * self.heads) else {
            throw GraphError(.shape, self.name, "qkv is \(qkv), must be [B, N, 3·H·D] with H = \(self.heads)")
        }
        return [TensorType(qkv.dataType, [qkv.shape[0], qkv.shape[1], qkv.shape[2] / 3])]
    }

    package var gradient: Gradient {
        .rule { [self] (context) throws(GraphError) in
            [try context.emit(PackedAttentionGradient(forward: self), try context.input(0), try context.dy())]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        .lowered { (graph, inputs) throws(GraphError) in
            guard let qkv = inputs[0] else { throw GraphError(.arity, self.name, "qkv is absent") }
            let size = graph[qkv].type.shape[2] / (3 * self.heads)
            let apart = try graph.apply(Reshape([0, 0, 3, self.heads, size]), qkv)
            let stacked = try graph.apply(Transpose(permutation: [2, 0, 3, 1, 4]), apart)
            var parts: [ValueID] = []
            for part in try graph.append(Split(axis: 0, sizes: [1, 1, 1]), [stacked]) {
                parts.append(try graph.apply(Squeeze(axes: [0]), part))
            }
            let result = try self.inner.composed(in: &graph, q: parts[0], k: parts[1], v: parts[2], mask: nil)
            let tokens = try graph.apply(Transpose(permutation: [0, 2, 1, 3]), result)
            return [try graph.apply(Reshape([0, 0, self.heads * size]), tokens)]
        }
    }
}
