/// Batch normalization with the statistics of the batch, which also moves the running statistics.
///
/// x: [N, C, spatial...] or [N, spatial..., C] as `layout` says; the rest [C]. `y = (x - mean) * invStd * scale + bias` with
/// the biased variance; `newRunning = (1 - momentum) * running + momentum * batch`, the variance unbiased (n / (n - 1)).
/// float32. As PyTorch defines it.
package struct BatchNormalizationTraining: Operator {
    package static let schema = OperatorSchema(
        "BatchNormalizationTraining", inputs: ["x", "scale", "bias", "runningMean", "runningVariance"],
        outputs: ["y", "savedMean", "savedInvStd", "newRunningMean", "newRunningVariance"])

    package let epsilon: Float
    package let momentum: Float
    package let layout: ChannelLayout

    package init(epsilon: Float = 1e-5, momentum: Float = 0.1, layout: ChannelLayout = .first) {
        self.epsilon = epsilon
        self.momentum = momentum
        self.layout = layout
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        try self.checkChannelInputs(inputs, x, layout: self.layout)
        let channels = x.shape[self.layout.channelAxis(rank: x.rank)]
        guard channels > 0, x.elementCount / channels > 1 else {
            throw GraphError(.shape, self.name, "x is \(x): one value per channel has no variance")
        }
        let vector = TensorType(.float32, [channels])
        return [x, vector, vector, vector, vector]
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let inputs = [try context.input(0), try context.input(1), context.outputs[1], context.outputs[2], try context.dy()]
            let gradients = try context.emitAll(BatchNormalizationGradient(layout: self.layout), inputs)
            return [gradients[0], gradients[1], gradients[2], nil, nil]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
