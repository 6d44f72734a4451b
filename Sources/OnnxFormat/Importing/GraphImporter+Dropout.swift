import Graph

extension GraphImporter {
    /// Outside training, and with ratio 0, a dropout passes its input on, and its mask is true everywhere. In training it
    /// needs a seed, and is as ONNX's reference implementation makes it.
    mutating func dropout(_ node: OnnxModel.Node, _ inputs: [Meaning?]) throws(GraphError) -> [Meaning] {
        try Self.allow(["seed", "ratio"], in: node)
        let data = try Self.required(inputs, 0, node)
        let type = try self.type(node, inputs)
        let hasMask = node.outputs.count > 1 && !node.outputs[1].isEmpty
        guard !hasMask || node.opset >= 10 else {
            throw GraphError(.unsupported, node.type, "the mask of opset \(node.opset)")
        }
        if let kept = try self.kept(node, inputs, type) {
            return try self.thinned(node, data, kept)
        }
        guard hasMask else { return [data] }
        let one = self.graph.constant(Tensor(bools: [true], shape: []), name: "\(node.name).mask")
        return [data, .value(try self.graph.apply(Expand(type.shape), one, name: "\(node.name).mask"))]
    }

    /// Which elements a dropout in training keeps, and what they are multiplied by. Nil where nothing is dropped.
    private func kept(
        _ node: OnnxModel.Node, _ inputs: [Meaning?], _ type: TensorType
    ) throws(GraphError) -> (mask: [Bool], shape: [Int], scale: Double)? {
        guard inputs.count > 2, let training = inputs[2] else { return nil }
        guard let flag = Self.constant(training) else {
            throw GraphError(.valueNeeded(input: 2), node.type, "training_mode must be known")
        }
        guard flag.scalar != 0 else { return nil }
        var ratio = 0.5
        if let input = inputs[1] {
            guard let tensor = Self.constant(input) else {
                throw GraphError(.valueNeeded(input: 1), node.type, "the ratio must be known")
            }
            ratio = tensor.scalar ?? .nan
        }
        if ratio == 0 { return nil }
        guard ratio > 0, ratio < 1 else { throw GraphError(.attribute, node.type, "the ratio is \(ratio)") }
        guard case .int(let seed)? = node.attributes["seed"] else {
            throw GraphError(.unsupported, node.type, "training_mode without a seed")
        }
        guard type.elementCount <= 1 << 24 else { throw GraphError(.unsupported, node.type, "training on \(type)") }
        var random = MersenneTwister(seed: UInt32(truncatingIfNeeded: seed))
        return ((0..<type.elementCount).map { _ in random.uniform() >= ratio }, type.shape, 1 / (1 - ratio))
    }

    private mutating func thinned(
        _ node: OnnxModel.Node, _ data: Meaning, _ kept: (mask: [Bool], shape: [Int], scale: Double)
    ) throws(GraphError) -> [Meaning] {
        guard let x = self.value(node.inputs[0], data) else { throw GraphError(.arity, node.type, "input 0 is absent") }
        try self.charge(constant: TensorType(self.graph[x].type.dataType, kept.shape))
        let factors = Tensor(zeros: TensorType(self.graph[x].type.dataType, kept.shape))
        let access = ElementAccess(factors.type.dataType)
        for (index, isKept) in kept.mask.enumerated() where isKept { access.store(kept.scale, factors.rawPointer, index) }
        let factor = self.graph.constant(factors, name: "\(node.name).factors")
        let y = try self.graph.apply(Mul(), x, factor, name: node.name)
        return [.value(y), .constant(Tensor(bools: kept.mask, shape: kept.shape))]
    }
}
