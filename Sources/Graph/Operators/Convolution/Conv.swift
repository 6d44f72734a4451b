/// Convolution (cross-correlation) over one to three spatial axes.
///
/// x: [N, C, spatial...] or [N, spatial..., C] as `layout` says; w: [O, C / groups, kernel...] in both layouts; bias: [O];
/// y: x's layout with O channels. ONNX `Conv` 11.
package struct Conv: OnnxOperator {
    package static let schema = OperatorSchema("Conv", inputs: ["x", "w"], optional: ["bias"])

    package let window: Window
    package let layout: ChannelLayout

    package init(window: Window, layout: ChannelLayout = .first) {
        self.window = window
        self.layout = layout
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.init(window: try Window(convolution: &reader, x: 0, w: 1), layout: .first)
    }

    /// The gradient with respect to x; inputs dy and w.
    package func inputGradient(_ inputShape: [Int]) -> ConvInputGradient {
        ConvInputGradient(window: self.window, layout: self.layout, inputShape: inputShape)
    }

    /// The gradient with respect to w; inputs x and dy.
    package func weightGradient(_ weightShape: [Int]) -> ConvWeightGradient {
        ConvWeightGradient(window: self.window, layout: self.layout, weightShape: weightShape)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let shape = try self.window.convolutionShape(
            try self.type(inputs, 0), try self.type(inputs, 1), bias: self.optionalType(inputs, 2), layout: self.layout,
            in: self.name)
        return [TensorType(try self.type(inputs, 0).dataType, shape)]
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let x = try context.input(0)
            let w = try context.input(1)
            let dy = try context.dy()
            var gradients: [ValueID?] = [
                context.needs(0) ? try context.emit(self.inputGradient(context.type(x).shape), dy, w) : nil,
                context.needs(1) ? try context.emit(self.weightGradient(context.type(w).shape), x, dy) : nil,
            ]
            if context.node.inputs.count > 2 {
                let rank = context.type(dy).rank
                let axes = Array(0..<rank).filter { $0 != self.layout.channelAxis(rank: rank) }
                gradients.append(context.needs(2) ? try context.emit(ReduceSum(axes: axes, keepDimensions: false), dy) : nil)
            }
            return gradients
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        self.layout.spelling(OnnxNode("Conv", self.window.onnxAttributes), first: Conv(window: self.window, layout: .first))
    }
}

extension Window {
    /// The window of a convolution node with x and w at these inputs.
    init(convolution reader: inout OnnxReader, x: Int, w: Int) throws(GraphError) {
        guard reader.inputs.count > max(x, w), let x = reader.inputs[x], let w = reader.inputs[w], x.rank >= 3, w.rank == x.rank
        else { throw GraphError(.shape, reader.type, "x and w need the same number of axes, at least three") }
        let kernel = Array(w.shape.dropFirst(2))
        if let given = try reader.ints("kernel_shape"), given != kernel {
            throw GraphError(.attribute, reader.type, "kernel_shape is \(given), w is \(w)")
        }
        try self.init(onnx: &reader, kernel: kernel, input: Array(x.shape.dropFirst(2)))
    }

    /// The output shape of a convolution; checks everything that must hold between its operands.
    package func convolutionShape(
        _ x: TensorType, _ w: TensorType, bias: TensorType?, layout: ChannelLayout, in subject: String
    ) throws(GraphError) -> [Int] {
        try self.checkTypes(x, w, bias, in: subject)
        guard (3...5).contains(x.rank), w.rank == x.rank else {
            throw GraphError(.shape, subject, "x is \(x), w is \(w); both need the same three to five axes")
        }
        let (batch, channels, spatial) = layout.split(x.shape)
        let sizes = try self.outputSizes(spatial, kernel: Array(w.shape.dropFirst(2)), in: subject)
        let (product, overflow) = w.shape[1].multipliedReportingOverflow(by: self.groups)
        guard !overflow, product == channels else {
            throw GraphError(
                .shape, subject, "C is \(channels) in x (\(x)) and \(w.shape[1]) x \(self.groups) groups in w (\(w))")
        }
        guard w.shape[0] % self.groups == 0 else {
            throw GraphError(.shape, subject, "\(w.shape[0]) output channels do not fall into \(self.groups) groups")
        }
        if let bias, bias.shape != [w.shape[0]] {
            throw GraphError(.shape, subject, "bias is \(bias), should be float32[\(w.shape[0])]")
        }
        return layout.join(batch: batch, channels: w.shape[0], spatial: sizes)
    }

    /// Checks that the operands of a convolution have one float type.
    package func checkTypes(_ x: TensorType, _ w: TensorType, _ bias: TensorType?, in subject: String) throws(GraphError) {
        guard ElementTypes.floating.contains(x.dataType), w.dataType == x.dataType,
            bias?.dataType ?? x.dataType == x.dataType
        else { throw GraphError(.dataType, subject, "x is \(x), w is \(w); all must be floats of one type") }
    }
}
