/// `activation(conv(x * gate, w) + bias + residual)`: a convolution with everything around it that passes fuse.
///
/// Shapes as for `Conv`; residual has the shape of the result, gate that of x with spatial sizes of 1. Floats of one type;
/// with `precision` bfloat16 the operands (`x * gate` as one) are rounded to it and summed in float32, then x, residual and
/// the result may be bfloat16 tensors beside float32 w, bias and gate. Made by passes after differentiation.
package struct FusedConv: Operator {
    package static let schema = OperatorSchema("FusedConv", inputs: ["x", "w"], optional: ["bias", "residual", "gate"])

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
        let gateType = self.gateType(of: x)
        if let gate = self.optionalType(inputs, 4), gate != gateType {
            throw GraphError(.shape, self.name, "gate is \(gate), should be \(gateType)")
        }
        return [TensorType(self.readsBFloat16 ? self.result : x.dataType, shape)]
    }

    /// The type that a gate of x must have: one number for each channel of a picture.
    package func gateType(of x: TensorType) -> TensorType {
        let (batch, channels, spatial) = self.layout.split(x.shape)
        let shape = self.layout.join(batch: batch, channels: channels, spatial: spatial.map { _ in 1 })
        return TensorType(self.widened(x).dataType, shape)
    }

    package var gradient: Gradient { .none(reason: "fusion happens after differentiation") }

    package func onnx(opset: Int) -> OnnxSpelling {
        .lowered { (graph, inputs) throws(GraphError) in
            var operands = Array(inputs.prefix(3))
            if inputs.count > 4, let x = inputs[0], let gate = inputs[4] { operands[0] = try graph.apply(Mul(), x, gate) }
            var y = try graph.append(self.conv, operands)[0]
            if inputs.count > 3, let residual = inputs[3] { y = try graph.apply(Add(), y, residual) }
            return [try self.activation.unfused(in: &graph, y)]
        }
    }
}
