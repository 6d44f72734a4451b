/// `activation(conv(x, w) + bias + residual)`: a convolution with everything behind it that passes fuse.
///
/// Shapes as for `Conv`; residual has the shape of the result. Made by passes after differentiation.
package struct FusedConv: Operator {
    package static let schema = OperatorSchema("FusedConv", inputs: ["x", "w"], optional: ["bias", "residual"])

    package let window: Window
    package let layout: ChannelLayout
    package let activation: FusedActivation

    package init(window: Window, layout: ChannelLayout = .first, activation: FusedActivation = .none) {
        self.window = window
        self.layout = layout
        self.activation = activation
    }

    /// The convolution alone.
    package var conv: Conv { Conv(window: self.window, layout: self.layout) }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let shape = try self.window.convolutionShape(
            try self.type(inputs, 0), try self.type(inputs, 1), bias: self.optionalType(inputs, 2), layout: self.layout,
            in: self.name)
        let output = TensorType(try self.type(inputs, 0).dataType, shape)
        if let residual = self.optionalType(inputs, 3), residual != output {
            throw GraphError(.shape, self.name, "residual is \(residual), should be \(output)")
        }
        return [output]
    }

    package var gradient: Gradient { .none(reason: "fusion happens after differentiation") }

    package func onnx(opset: Int) -> OnnxSpelling {
        .lowered { (graph, inputs) throws(GraphError) in
            var y = try graph.append(self.conv, Array(inputs.prefix(3)))[0]
            if inputs.count > 3, let residual = inputs[3] { y = try graph.apply(Add(), y, residual) }
            return [try self.activation.unfused(in: &graph, y)]
        }
    }
}
