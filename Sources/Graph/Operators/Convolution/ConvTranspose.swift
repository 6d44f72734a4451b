/// Transposed convolution over one to three spatial axes: the input gradient of the convolution with this window and weights.
///
/// x: [N, C, spatial...] or [N, spatial..., C] as `layout` says; w: [C, O / groups, kernel...] in both layouts; bias: [O];
/// y: x's layout with O channels and spatial sizes `stride (size - 1) + outputPadding + dilation (kernel - 1) + 1 - pads`.
/// ONNX `ConvTranspose` 11.
package struct ConvTranspose: OnnxOperator {
    package static let schema = OperatorSchema("ConvTranspose", inputs: ["x", "w"], optional: ["bias"])

    package let window: Window
    /// Elements more at the high end of each axis, fewer than the stride: which of the sizes that a convolution would make
    /// into x's it is.
    package let outputPadding: [Int]
    package let layout: ChannelLayout

    /// - Parameter outputPadding: zeros when nil.
    package init(window: Window, outputPadding: [Int]? = nil, layout: ChannelLayout = .first) {
        self.window = window
        self.outputPadding = outputPadding ?? window.strides.map { _ in 0 }
        self.layout = layout
    }

    /// The convolution that this is the input gradient of.
    package var conv: Conv { Conv(window: self.window, layout: self.layout) }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let (x, w) = (try self.type(inputs, 0), try self.type(inputs, 1))
        let bias = self.optionalType(inputs, 2)
        try self.window.checkTypes(x, w, bias, in: self.name)
        guard (3...5).contains(x.rank), w.rank == x.rank else {
            throw GraphError(.shape, self.name, "x is \(x), w is \(w); both need the same three to five axes")
        }
        let (batch, channels, spatial) = self.layout.split(x.shape)
        let sizes = try self.window.transposedSizes(
            spatial, kernel: Array(w.shape.dropFirst(2)), outputPadding: self.outputPadding, in: self.name)
        guard w.shape[0] == channels, channels % self.window.groups == 0 else {
            throw GraphError(.shape, self.name, "C is \(channels) in x (\(x)), w is \(w) with \(self.window.groups) groups")
        }
        let (outputs, overflow) = w.shape[1].multipliedReportingOverflow(by: self.window.groups)
        guard !overflow, bias?.shape ?? [outputs] == [outputs] else {
            throw GraphError(
                .shape, self.name, "bias is \(bias?.description ?? "absent"), w is \(w) with \(self.window.groups) groups")
        }
        return [TensorType(x.dataType, self.layout.join(batch: batch, channels: outputs, spatial: sizes))]
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let (x, w, dy) = (try context.input(0), try context.input(1), try context.dy())
            var gradients: [ValueID?] = [
                context.needs(0) ? try context.emit(self.conv, dy, w) : nil,
                context.needs(1) ? try context.emit(self.conv.weightGradient(context.type(w).shape), dy, x) : nil,
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
        var attributes = self.window.onnxAttributes
        if self.outputPadding.contains(where: { $0 != 0 }) { attributes.append(("output_padding", .ints(self.outputPadding))) }
        return self.layout.spelling(OnnxNode(self.name, attributes), first: self.with(layout: .first))
    }
}
