/// The gradient of `Slice`: zeros of `shape` with `dy` where the slice was taken.
package struct SliceGradient: Operator {
    package static let schema = OperatorSchema("SliceGradient", inputs: ["dy"], outputs: ["dx"])

    package let slice: Slice
    /// The shape of the data that was sliced.
    package let shape: [Int]

    package init(slice: Slice, shape: [Int]) {
        self.slice = slice
        self.shape = shape
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let dy = try self.type(inputs, 0)
        let dx = TensorType(dy.dataType, self.shape)
        guard try self.slice.outputTypes([dx]) == [dy] else {
            throw GraphError(.shape, self.name, "\(dy) is no slice of \(dx)")
        }
        return [dx]
    }

    package var gradient: Gradient { .none(reason: "second derivatives are not built") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
