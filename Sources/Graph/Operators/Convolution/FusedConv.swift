/// `activation(conv(x, w) + bias + residual)`: a convolution with everything behind it that passes fuse.
///
/// Shapes as for `Conv`; residual has the shape of the result. Floats of one type; with `precision` bfloat16 the operands
/// are rounded to it and summed in float32, then x, residual and the result may be bfloat16 tensors beside float32 w and
/// bias. Made by passes after differentiation.
package struct FusedConv: Operator {
    package static let schema = OperatorSchema("FusedConv", inputs: ["x", "w"], optional: ["bias", "residual"])

    package let window: Window
    package let layout: ChannelLayout
    package let activation: FusedActivation
    /// What operands are rounded to before they are multiplied: float32 (not at all) or bfloat16.
    package let precision: DataType
    /// Element type of the result where the precision is bfloat16: float32 or bfloat16. Otherwise it is that of x.
    package let result: DataType

    package init(
        window: Window, layout: ChannelLayout = .first, activation: FusedActivation = .none, precision: DataType = .float32,
        result: DataType = .float32
    ) {
        self.window = window
        self.layout = layout
        self.activation = activation
        self.precision = precision
        self.result = result
    }

    /// The same convolution with another activation.
    package func with(activation: FusedActivation) -> FusedConv {
        FusedConv(
            window: self.window, layout: self.layout, activation: activation, precision: self.precision, result: self.result)
    }

    /// The same convolution of operands rounded to bfloat16.
    package func inBFloat16(result: DataType) -> FusedConv {
        FusedConv(
            window: self.window, layout: self.layout, activation: self.activation, precision: .bfloat16, result: result)
    }

    /// The convolution alone.
    package var conv: Conv { Conv(window: self.window, layout: self.layout) }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.checkPrecision()
        let (x, w) = (self.widened(try self.type(inputs, 0)), try self.type(inputs, 1))
        guard x.dataType == .float32 || !self.readsBFloat16 else {
            throw GraphError(.dataType, self.name, "x is \(x) with precision \(self.precision)")
        }
        let shape = try self.window.convolutionShape(
            x, w, bias: self.optionalType(inputs, 2), layout: self.layout, in: self.name)
        if let residual = self.optionalType(inputs, 3), self.widened(residual) != TensorType(x.dataType, shape) {
            throw GraphError(.shape, self.name, "residual is \(residual), should be \(TensorType(x.dataType, shape))")
        }
        return [TensorType(self.readsBFloat16 ? self.result : x.dataType, shape)]
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
