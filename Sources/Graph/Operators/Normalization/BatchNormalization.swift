/// `(x - mean) / sqrt(variance + epsilon) * scale + bias` per channel, with given statistics.
///
/// x: [N, C, spatial...] or [N, spatial..., C] as `layout` says, at least two axes; scale, bias, mean, variance: [C].
/// Floats of one type. ONNX `BatchNormalization` 15 with `training_mode` 0.
package struct BatchNormalization: OnnxOperator {
    package static let schema = OperatorSchema("BatchNormalization", inputs: ["x", "scale", "bias", "mean", "variance"])

    package let epsilon: Float
    package let layout: ChannelLayout

    package init(epsilon: Float = 1e-5, layout: ChannelLayout = .first) {
        self.epsilon = epsilon
        self.layout = layout
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        // The momentum concerns training only, which `BatchNormalizationNode` reads.
        _ = try reader.float("momentum")
        guard try reader.int("training_mode") ?? 0 == 0 else {
            throw GraphError(.unsupported, reader.type, "training_mode 1")
        }
        self.init(epsilon: try reader.float("epsilon") ?? 1e-5, layout: .first)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        try self.checkChannelInputs(inputs, x, layout: self.layout, ElementTypes.floating)
        return [x]
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in try self.gradients(&context) }
    }

    private func gradients(_ context: inout GradientContext) throws(GraphError) -> [ValueID?] {
        let x = try context.input(0)
        let dy = try context.dy()
        let rank = context.type(x).rank
        let others = Array(0..<rank).filter { $0 != self.layout.channelAxis(rank: rank) }
        let epsilon = context.graph.constant(Tensor([self.epsilon], shape: []), name: context.node.name + "/epsilon")
        let deviation = try context.emit(Sqrt(), try context.emit(Add(), try context.input(4), epsilon))
        let slope = try context.emit(Div(), try context.input(1), deviation)
        var result: [ValueID?] = [nil, nil, nil, nil, nil]
        if context.needs(0) { result[0] = try context.emit(Mul(), dy, try self.perChannel(&context, slope, rank)) }
        guard (1...4).contains(where: { context.needs($0) }) else { return result }
        let sum = try context.emit(ReduceSum(axes: others, keepDimensions: false), dy)
        result[2] = sum
        if context.needs(3) { result[3] = try context.emit(Neg(), try context.emit(Mul(), sum, slope)) }
        guard context.needs(1) || context.needs(4) else { return result }
        let centred = try context.emit(Sub(), x, try self.perChannel(&context, try context.input(3), rank))
        let moment = try context.emit(ReduceSum(axes: others, keepDimensions: false), try context.emit(Mul(), dy, centred))
        let scaled = try context.emit(Div(), moment, deviation)
        result[1] = scaled
        if context.needs(4) {
            let half = context.graph.constant(Tensor([Float(-0.5)], shape: []), name: context.node.name + "/half")
            let product = try context.emit(Mul(), try context.emit(Mul(), scaled, slope), half)
            result[4] = try context.emit(Div(), product, deviation)
        }
        return result
    }

    /// A `[C]` value shaped so that it broadcasts over x.
    private func perChannel(_ context: inout GradientContext, _ value: ValueID, _ rank: Int) throws(GraphError) -> ValueID {
        let trailing = rank - 1 - self.layout.channelAxis(rank: rank)
        guard trailing > 0 else { return value }
        return try context.emit(Reshape([context.type(value).shape[0]] + [Int](repeating: 1, count: trailing)), value)
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        let node = OnnxNode("BatchNormalization", [("epsilon", .float(self.epsilon))])
        return self.layout.spelling(node, first: BatchNormalization(epsilon: self.epsilon))
    }
}

extension Operator {
    /// Checks that x has a channel axis and an accepted type, and that inputs 1, 2, ... are vectors of that many channels and
    /// that type.
    package func checkChannelInputs(
        _ inputs: [TensorType?], _ x: TensorType, layout: ChannelLayout, _ accepted: Set<DataType> = [.float32]
    ) throws(GraphError) {
        guard accepted.contains(x.dataType) else { throw GraphError(.dataType, self.name, "x is \(x)") }
        guard x.rank >= 2 else { throw GraphError(.shape, self.name, "x is \(x), needs at least two axes") }
        let channels = x.shape[layout.channelAxis(rank: x.rank)]
        for index in 1..<inputs.count {
            let type = try self.type(inputs, index)
            guard type == TensorType(x.dataType, [channels]) else {
                throw GraphError(.shape, self.name, "input \(index) is \(type), should be \(TensorType(x.dataType, [channels]))")
            }
        }
    }
}
