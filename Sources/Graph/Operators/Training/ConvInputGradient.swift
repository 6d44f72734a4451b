/// The gradient of a convolution with respect to its input: a transposed convolution of dy with w.
package struct ConvInputGradient: Operator {
    package static let schema = OperatorSchema("ConvInputGradient", inputs: ["dy", "w"], outputs: ["dx"])

    package let window: Window
    package let layout: ChannelLayout
    /// The shape of x, which strides do not determine.
    package let inputShape: [Int]

    package init(window: Window, layout: ChannelLayout, inputShape: [Int]) {
        self.window = window
        self.layout = layout
        self.inputShape = inputShape
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let dy = try self.type(inputs, 0)
        let dx = TensorType(.float32, self.inputShape)
        let shape = try self.window.convolutionShape(dx, try self.type(inputs, 1), bias: nil, layout: self.layout, in: self.name)
        guard dy == TensorType(.float32, shape) else {
            throw GraphError(.shape, self.name, "dy is \(dy), should be \(TensorType(.float32, shape))")
        }
        return [dx]
    }

    package var gradient: Gradient { .none(reason: "second derivatives of convolutions are not built") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "a gradient") }
}
