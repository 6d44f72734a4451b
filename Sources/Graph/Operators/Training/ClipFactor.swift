/// `min(1, maxNorm / (norm + 1e-6))`, what PyTorch's `clip_grad_norm_` multiplies gradients by; NaN when the norm is not
/// finite, which tells the optimizer steps to change nothing.
///
/// With the optional `hyper` of the optimizer steps the norm is first multiplied by their gradient factor, so that what is
/// clipped is what they apply. An infinite `maxNorm` never clips and only watches for gradients that are not finite.
package struct ClipFactor: Operator {
    package static let schema = OperatorSchema("ClipFactor", inputs: ["norm"], optional: ["hyper"], outputs: ["clip"])

    /// Above 0.
    package let maxNorm: Float

    package init(maxNorm: Float) {
        self.maxNorm = maxNorm
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        guard self.maxNorm > 0 else { throw GraphError(.attribute, self.name, "maxNorm is \(self.maxNorm)") }
        let scalar = TensorType(.float32, [])
        guard try self.type(inputs, 0) == scalar else {
            throw GraphError(.shape, self.name, "norm is \(try self.type(inputs, 0)), must be \(scalar)")
        }
        if let hyper = self.optionalType(inputs, 1), hyper != TensorType(.float32, [4]) {
            throw GraphError(.shape, self.name, "hyper is \(hyper), must be float32[4]")
        }
        return [scalar]
    }

    package var gradient: Gradient { .none(reason: "clipping is not differentiated") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
