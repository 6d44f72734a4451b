/// The gradient of `DropoutTraining`: `dy / (1 - ratio)` where the bool `mask` holds, 0 elsewhere.
package struct DropoutGradient: Operator {
    package static let schema = OperatorSchema("DropoutGradient", inputs: ["dy", "mask"], outputs: ["dx"])

    package let ratio: Float

    package init(ratio: Float) {
        self.ratio = ratio
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let dy = try self.type(inputs, 0)
        let mask = try self.type(inputs, 1)
        guard dy.dataType == .float32, mask.dataType == .bool else {
            throw GraphError(.dataType, self.name, "dy is \(dy), mask is \(mask)")
        }
        guard dy.shape == mask.shape else { throw GraphError(.shape, self.name, "dy is \(dy), mask is \(mask)") }
        return [dy]
    }

    package var gradient: Gradient { .none(reason: "second derivatives are not built") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
