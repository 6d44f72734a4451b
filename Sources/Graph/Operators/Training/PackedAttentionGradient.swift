/// The gradient of `PackedAttention` from its input and the gradient of its output; scores are computed again.
package struct PackedAttentionGradient: Operator {
    package static let schema = OperatorSchema("PackedAttentionGradient", inputs: ["qkv", "dy"], outputs: ["dqkv"])

    package let forward: PackedAttention

    package init(forward: PackedAttention) {
        self.forward = forward
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let qkv = try self.type(inputs, 0)
        let y = try self.forward.outputTypes([qkv])[0]
        guard try self.type(inputs, 1) == y else {
            throw GraphError(.shape, self.name, "dy is \(try self.type(inputs, 1)), must be \(y)")
        }
        return [qkv]
    }

    package var gradient: Gradient { .none(reason: "second derivatives are not supported") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
