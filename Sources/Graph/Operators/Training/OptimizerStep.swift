/// What the optimizer steps share: weight, gradient and state tensors of one type, the numbers that change from step to
/// step, and an optional clip factor.
///
/// Inputs are the weight, its gradient, the states, `hyper` and optionally `clip`; outputs the new weight and the new states.
/// Every output may have the memory of the input it replaces. `hyper` is float32 [4], filled on the host in double
/// precision: learning rate, 1-β₁ᵗ, √(1-β₂ᵗ) (both 1 for optimizers without bias correction), and the factor that gradients
/// are multiplied by. `clip` is float32 [], one more factor; when it is NaN (a gradient was not finite) the step changes nothing.
package protocol OptimizerStep: UpdatingOperator {}

extension OptimizerStep {
    /// The weight and each state: output 0 renews input 0, output i input i + 1.
    package static var renewedInputs: [Int: Int] {
        Dictionary(uniqueKeysWithValues: Self.schema.outputs.indices.map { ($0, $0 == 0 ? 0 : $0 + 1) })
    }

    /// Indices of `hyper` and `clip` among the inputs.
    package static var hyperInput: Int { Self.schema.inputs.count - 1 }
    package static var clipInput: Int { Self.schema.inputs.count }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let weight = try self.type(inputs, 0)
        guard weight.dataType == .float32 else { throw GraphError(.dataType, self.name, "w is \(weight), must be float32") }
        for index in 1..<Self.hyperInput where try self.type(inputs, index) != weight {
            throw GraphError(
                .shape, self.name, "\(Self.schema.inputs[index]) is \(try self.type(inputs, index)), w is \(weight)")
        }
        guard try self.type(inputs, Self.hyperInput) == TensorType(.float32, [4]) else {
            throw GraphError(.shape, self.name, "hyper is \(try self.type(inputs, Self.hyperInput)), must be float32[4]")
        }
        if let clip = self.optionalType(inputs, Self.clipInput), clip != TensorType(.float32, []) {
            throw GraphError(.shape, self.name, "clip is \(clip), must be float32[]")
        }
        return Array(repeating: weight, count: Self.schema.outputs.count)
    }

    package var gradient: Gradient { .none(reason: "an optimizer step is not differentiated") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
