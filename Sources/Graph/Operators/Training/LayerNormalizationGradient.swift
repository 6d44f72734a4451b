/// The gradient of `LayerNormalization`; mean and deviation are computed again from `X`, which costs less than keeping them.
///
/// Outputs `dX`, and with `parameters` also `dScale` and `dB`, both summed over all rows in a fixed order.
package struct LayerNormalizationGradient: Operator {
    package static let schema = OperatorSchema(
        "LayerNormalizationGradient", inputs: ["X", "Scale", "dY"], outputs: ["dX", "dScale", "dB"])

    package let forward: LayerNormalization
    /// Whether `dScale` and `dB` are wanted; without them a frozen layer costs less.
    package let parameters: Bool

    package init(forward: LayerNormalization, parameters: Bool) {
        self.forward = forward
        self.parameters = parameters
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        let scale = try self.type(inputs, 1)
        _ = try self.forward.outputTypes([x, scale])
        guard x.dataType == .float32, try self.type(inputs, 2) == x else {
            throw GraphError(.shape, self.name, "dY is \(try self.type(inputs, 2)), X is \(x)")
        }
        return self.parameters ? [x, scale, scale] : [x]
    }

    package var gradient: Gradient { .none(reason: "second derivatives are not supported") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
