/// The gradient of `Resize` with respect to x: each dy is given back to the elements it was made of, with their weights.
package struct ResizeGradient: Operator {
    package static let schema = OperatorSchema("ResizeGradient", inputs: ["dy"], outputs: ["dx"])

    /// The forward operator.
    package let resize: Resize
    /// The shape of x.
    package let inputShape: [Int]

    package init(resize: Resize, inputShape: [Int]) {
        self.resize = resize
        self.inputShape = inputShape
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let dy = try self.type(inputs, 0)
        let x = TensorType(.float32, self.inputShape)
        let expected = try self.resize.outputTypes([x])
        guard [dy] == expected else { throw GraphError(.shape, self.name, "dy is \(dy), should be \(expected[0])") }
        return [x]
    }

    package var gradient: Gradient { .none(reason: "second derivatives of resizing are not built") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "a gradient") }
}
