/// The gradient of `ScaledDotProductAttention`. Scores are computed again from `q` and `k`, a block of queries with all
/// their keys at a time, so that neither the score matrix nor the forward result is kept.
package struct ScaledDotProductAttentionGradient: Operator {
    package static let schema = OperatorSchema(
        "ScaledDotProductAttentionGradient", inputs: ["q", "k", "v", "dy"], optional: ["mask"], outputs: ["dq", "dk", "dv"])

    package let forward: ScaledDotProductAttention

    package init(forward: ScaledDotProductAttention) {
        self.forward = forward
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let types = [try self.type(inputs, 0), try self.type(inputs, 1), try self.type(inputs, 2)]
        let y = try self.forward.outputTypes(types + [self.optionalType(inputs, 4)])[0]
        guard try self.type(inputs, 3) == y else {
            throw GraphError(.shape, self.name, "dy is \(try self.type(inputs, 3)), must be \(y)")
        }
        return types
    }

    package var gradient: Gradient { .none(reason: "second derivatives are not supported") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
