/// The gradients of `BatchNormalizationTraining` from its saved statistics.
package struct BatchNormalizationGradient: Operator {
    package static let schema = OperatorSchema(
        "BatchNormalizationGradient", inputs: ["x", "scale", "savedMean", "savedInvStd", "dy"],
        outputs: ["dx", "dscale", "dbias"])

    package let layout: ChannelLayout

    package init(layout: ChannelLayout) {
        self.layout = layout
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        let dy = try self.type(inputs, 4)
        try self.checkChannelInputs(Array(inputs.prefix(4)), x, layout: self.layout)
        guard dy == x else { throw GraphError(.shape, self.name, "dy is \(dy), should be \(x)") }
        let vector = TensorType(.float32, [x.shape[self.layout.channelAxis(rank: x.rank)]])
        return [x, vector, vector]
    }

    package var gradient: Gradient { .none(reason: "second derivatives of normalization are not built") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "a gradient") }
}
