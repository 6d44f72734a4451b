/// The gradient of a convolution with respect to its weights: the correlation of x with dy.
package struct ConvWeightGradient: Operator {
    package static let schema = OperatorSchema("ConvWeightGradient", inputs: ["x", "dy"], outputs: ["dw"])

    package let window: Window
    package let layout: ChannelLayout
    /// The shape of w: [O, C / groups, kernel...].
    package let weightShape: [Int]

    package init(window: Window, layout: ChannelLayout, weightShape: [Int]) {
        self.window = window
        self.layout = layout
        self.weightShape = weightShape
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let dy = try self.type(inputs, 1)
        let dw = TensorType(.float32, self.weightShape)
        let shape = try self.window.convolutionShape(try self.type(inputs, 0), dw, bias: nil, layout: self.layout, in: self.name)
        guard dy == TensorType(.float32, shape) else {
            throw GraphError(.shape, self.name, "dy is \(dy), should be \(TensorType(.float32, shape))")
        }
        return [dw]
    }

    package var gradient: Gradient { .none(reason: "second derivatives of convolutions are not built") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "a gradient") }
}
