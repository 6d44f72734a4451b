/// The gradient of `Gather`: zeros of `shape`, plus every slice of `dy` where its index points.
package struct GatherGradient: Operator {
    package static let schema = OperatorSchema("GatherGradient", inputs: ["indices", "dy"], outputs: ["dx"])

    package let gather: Gather
    /// The shape of the data that was gathered from.
    package let shape: [Int]

    package init(gather: Gather, shape: [Int]) {
        self.gather = gather
        self.shape = shape
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let indices = try self.type(inputs, 0)
        let dy = try self.type(inputs, 1)
        guard dy.dataType == .float32 else { throw GraphError(.dataType, self.name, "does not take \(dy)") }
        let dx = TensorType(.float32, self.shape)
        guard try self.gather.outputTypes([dx, indices]) == [dy] else {
            throw GraphError(.shape, self.name, "\(dy) is not gathered from \(dx) by \(indices)")
        }
        return [dx]
    }

    package var gradient: Gradient { .none(reason: "second derivatives are not built") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
