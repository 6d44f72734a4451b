package import Graph

extension Pass {
    /// Takes a batch normalisation with constant statistics into the convolution before it.
    ///
    /// The convolution gets the normalisation's name, since it makes that value now. Scales are worked out in double
    /// precision and rounded once.
    package static let foldBatchNormalization = Pass("foldBatchNormalization") { (graph) throws(GraphError) in
        try graph.rewritten { (rewriter, node) throws(GraphError) in
            guard let match = FoldedConv(node, rewriter) else { return nil }
            let weight = rewriter.new.constant(match.weight, name: match.convolution.name + "/folded_weight")
            let bias = rewriter.new.constant(match.bias, name: match.convolution.name + "/folded_bias")
            return try rewriter.new.append(match.op, [rewriter[match.x], weight, bias], name: node.name)
        }
    }
}

/// A convolution with the normalisation after it worked into weights and bias.
private struct FoldedConv {
    let op: Conv
    let convolution: Node
    let x: ValueID
    let weight: Tensor
    let bias: Tensor

    init?(_ node: Node, _ rewriter: Rewriter) {
        let graph = rewriter.old
        guard let normalization = node.op as? BatchNormalization, normalization.layout == .first, let input = node.inputs[0],
            rewriter.hasOneReader(input), let producer = graph.producer(of: input), let op = producer.op as? Conv,
            op.layout == .first, let x = producer.inputs[0], let weight = producer.inputs[1].flatMap({ graph[$0].constant })
        else { return nil }
        let vectors = node.inputs.dropFirst().compactMap { $0.flatMap { graph[$0].constant }?.array(of: Float.self) }
        guard vectors.count == 4 else { return nil }
        var old = [Float](repeating: 0, count: weight.shape[0])
        if producer.inputs.count > 2, let bias = producer.inputs[2] {
            guard let tensor = graph[bias].constant else { return nil }
            old = tensor.array(of: Float.self)
        }
        let slopes = zip(vectors[0], vectors[3]).map { scale, variance in
            Double(scale) / (Double(variance) + Double(normalization.epsilon)).squareRoot()
        }
        self.op = op
        self.convolution = producer
        self.x = x
        self.weight = Self.scaled(weight, by: slopes)
        let bias = old.indices.map { channel in
            Float((Double(old[channel]) - Double(vectors[2][channel])) * slopes[channel] + Double(vectors[1][channel]))
        }
        self.bias = Tensor(bias, shape: [bias.count])
    }

    /// Each output channel of `[O, I, kernel...]` times its factor.
    private static func scaled(_ weight: Tensor, by factors: [Double]) -> Tensor {
        let result = Tensor(zeros: weight.type)
        let stride = weight.type.elementCount / max(factors.count, 1)
        weight.withElements(as: Float.self) { source in
            result.withElements(as: Float.self) { destination in
                for (channel, factor) in factors.enumerated() {
                    for index in (channel * stride)..<((channel + 1) * stride) {
                        destination[index] = Float(Double(source[index]) * factor)
                    }
                }
            }
        }
        return result
    }
}
