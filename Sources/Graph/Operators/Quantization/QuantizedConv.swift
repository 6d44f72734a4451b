/// A convolution of bytes less their zero points, summed in int32, with everything behind it that passes fuse. Padding is the
/// zero point of x.
///
/// x: uint8 or int8, [N, C, spatial...] or [N, spatial..., C] as `layout` says; w: uint8 or int8 [O, C / groups, kernel...] in
/// both layouts. scales: float32 [O], what one step of both operands together is worth; inner_bias and bias: float32 [O];
/// residual: the result's shape; x_zero_point: one element of x's type, where it is known only when the convolution runs
/// (`xZero` is 0 then). `QuantizedEpilogue` says what happens to the sums. Made by passes after differentiation.
package struct QuantizedConv: Operator {
    package static let schema = OperatorSchema(
        "QuantizedConv", inputs: ["x", "w", "scales"], optional: QuantizedEpilogue.optionalInputs + ["x_zero_point"])

    package let window: Window
    package let layout: ChannelLayout
    package let xZero: Int
    package let wZero: Int
    package let epilogue: QuantizedEpilogue

    package init(
        window: Window, layout: ChannelLayout = .first, xZero: Int = 0, wZero: Int = 0,
        epilogue: QuantizedEpilogue = QuantizedEpilogue()
    ) {
        self.window = window
        self.layout = layout
        self.xZero = xZero
        self.wZero = wZero
        self.epilogue = epilogue
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let (x, w) = (try self.type(inputs, 0), try self.type(inputs, 1))
        let shape = try self.window.byteConvolutionShape(x, w, layout: self.layout, in: self.name)
        try x.dataType.check(zero: self.xZero, in: self.name)
        try QuantizedEpilogue.checkZeroPoint(inputs, of: x, fixed: self.xZero, in: self.name)
        try w.dataType.check(zero: self.wZero, in: self.name)
        try self.epilogue.check(inputs, columns: w.shape[0], shape: shape, in: self.name)
        return [TensorType(self.epilogue.resultType, shape)]
    }

    package var gradient: Gradient { .none(reason: "fusion happens after differentiation") }

    package func onnx(opset: Int) -> OnnxSpelling {
        .lowered { (graph, inputs) throws(GraphError) in
            guard let x = inputs[0], let w = inputs[1] else { throw GraphError(.arity, self.name, "an operand is absent") }
            let rank = graph[x].type.rank
            func turned(_ value: ValueID, _ order: [Int], _ graph: inout Graph) throws(GraphError) -> ValueID {
                self.layout == .first ? value : try graph.apply(Transpose(permutation: order), value)
            }
            var inputs = inputs
            let place = QuantizedEpilogue.Input.residual.rawValue
            if place < inputs.count, let residual = inputs[place] {
                inputs[place] = try turned(residual, self.layout.permutationToFirst(rank: rank), &graph)
            }
            let sums = try graph.apply(
                ConvInteger(window: self.window), try turned(x, self.layout.permutationToFirst(rank: rank), &graph), w,
                QuantizedEpilogue.zeroPoint(inputs) ?? graph.zeroPoint(self.xZero, of: x), graph.zeroPoint(self.wZero, of: w))
            let y = try self.epilogue.unfused(sums, inputs, channelsOfRank: rank, in: &graph)
            return [try turned(y, self.layout.permutationFromFirst(rank: rank), &graph)]
        }
    }
}
