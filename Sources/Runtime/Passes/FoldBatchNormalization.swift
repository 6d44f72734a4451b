package import Graph

extension Pass {
    /// Takes a batch normalisation with constant statistics into the convolution, or transposed convolution, before it.
    ///
    /// The convolution gets the normalisation's name, since it makes that value now. Weights and bias are worked out in
    /// double precision and rounded once.
    package static let foldBatchNormalization = Pass("foldBatchNormalization") { (graph) throws(GraphError) in
        try graph.rewritten { (rewriter, node) throws(GraphError) in
            guard let match = FoldedConvolution(node, rewriter) else { return nil }
            let weight = rewriter.new.constant(match.weight, name: match.convolution.name + "/folded_weight")
            let bias = rewriter.new.constant(match.bias, name: match.convolution.name + "/folded_bias")
            return try rewriter.new.append(match.convolution.op, [rewriter[match.x], weight, bias], name: node.name)
        }
    }
}

/// A convolution with the normalisation after it worked into weights and bias.
private struct FoldedConvolution {
    let convolution: Node
    let x: ValueID
    let weight: Tensor
    let bias: Tensor

    init?(_ node: Node, _ rewriter: Rewriter) {
        let graph = rewriter.old
        guard let normalization = node.op as? BatchNormalization, let input = node.inputs[0], rewriter.hasOneReader(input),
            let producer = graph.producer(of: input), let op = producer.op as? any ChannelLayoutOperator,
            op.layout == normalization.layout, let x = producer.inputs[0], graph[x].type.dataType == .float32,
            let weight = producer.inputs[1].flatMap({ graph[$0].constant })
        else { return nil }
        let vectors = node.inputs.dropFirst().compactMap { $0.flatMap { graph[$0].constant }?.array(of: Float.self) }
        guard vectors.count == 4 else { return nil }
        let slopes = zip(vectors[0], vectors[3]).map { scale, variance in
            Double(scale) / (Double(variance) + Double(normalization.epsilon)).squareRoot()
        }
        // An infinite slope makes NaN of a weight of 0, where the convolution's result need not be 0.
        guard slopes.allSatisfy(\.isFinite) else { return nil }
        switch op {
        case is Conv: self.weight = Self.scaled(weight, by: slopes)
        case let op as ConvTranspose: self.weight = Self.scaledTransposed(weight, by: slopes, groups: op.window.groups)
        default: return nil
        }
        var old = [Float](repeating: 0, count: slopes.count)
        if producer.inputs.count > 2, let bias = producer.inputs[2] {
            guard let tensor = graph[bias].constant else { return nil }
            old = tensor.array(of: Float.self)
        }
        self.convolution = producer
        self.x = x
        let bias = old.indices.map { channel in
            Float((Double(old[channel]) - Double(vectors[2][channel])) * slopes[channel] + Double(vectors[1][channel]))
        }
        self.bias = Tensor(bias, shape: [bias.count])
    }

    /// Each output channel of `[O, I, kernel...]` times its factor.
    private static func scaled(_ weight: Tensor, by factors: [Double]) -> Tensor {
        self.scaled(weight) { factors[$0] }
    }

    /// Each output channel of `[I, O / groups, kernel...]` times its factor; the inputs of a group lie together.
    private static func scaledTransposed(_ weight: Tensor, by factors: [Double], groups: Int) -> Tensor {
        let (inputs, width) = (weight.shape[0] / groups, weight.shape[1])
        let rows = weight.type.shape.prefix(2).reduce(1, *)
        return self.scaled(weight.viewed(as: [rows] + weight.shape.dropFirst(2))) { row in
            factors[row / width / inputs * width + row % width]
        }.viewed(as: weight.shape)
    }

    /// A copy in which each part along the first axis is multiplied by its factor.
    private static func scaled(_ weight: Tensor, _ factor: (Int) -> Double) -> Tensor {
        let result = Tensor(zeros: weight.type)
        let stride = weight.type.elementCount / max(weight.shape[0], 1)
        weight.withElements(as: Float.self) { source in
            result.withElements(as: Float.self) { destination in
                for index in source.indices { destination[index] = Float(Double(source[index]) * factor(index / stride)) }
            }
        }
        return result
    }
}

extension Tensor {
    /// The same elements under another shape.
    fileprivate func viewed(as shape: [Int]) -> Tensor {
        Tensor(TensorType(self.type.dataType, shape), storage: self.storage, byteOffset: self.byteOffset)
    }
}
