package import Graph

extension Pass {
    /// Moves convolutions, pooling, resizing, batch normalisation and what lies between them (element-wise operators,
    /// rounding to bytes and back, joining) to channels-last tensors.
    ///
    /// Every value of such a region gets a channels-last twin; transposes appear only where a region begins or ends,
    /// and the rest dies as dead nodes. Where the graph itself moves the channels of a region, as transformers do between
    /// tokens and maps, nothing moves.
    package static let channelsLast = Pass("channelsLast") { (graph) throws(GraphError) in
        var twins: [ValueID: ValueID] = [:]
        return try graph.rewritten { (rewriter, node) throws(GraphError) in
            try ChannelsLast.replacement(&rewriter, node, &twins)
        }
    }
}

private enum ChannelsLast {
    /// - Parameter twins: for old values the new channels-last value.
    static func replacement(
        _ rewriter: inout Rewriter, _ node: Node, _ twins: inout [ValueID: ValueID]
    ) throws(GraphError) -> [ValueID]? {
        if let op = node.op as? any ChannelLayoutOperator, op.layout == .first, op.isMovable, let x = node.inputs[0],
            rewriter.old[x].type.rank >= 3
        {
            let inputs = [try self.twin(of: x, &rewriter, &twins)] + rewriter.mapped(Array(node.inputs.dropFirst()))
            let outputs = try rewriter.new.append(op.with(layout: .last), inputs, name: node.name)
            return try self.close(outputs, node, &rewriter, &twins)
        }
        if let x = node.inputs[0], let twin = twins[x], self.permutes(node, self.toLast(rank: rewriter.old[x].type.rank)) {
            return [twin]
        }
        if let mean = node.op as? ReduceMean, let result = try self.pooled(&rewriter, node, mean, &twins) { return result }
        if let concat = node.op as? Concat { return try self.joined(&rewriter, node, concat, &twins) }
        if let x = node.inputs[0], twins[x] != nil, self.treatsAllAlike(node, rewriter.old) {
            let inputs = [try self.twin(of: x, &rewriter, &twins)] + rewriter.mapped(Array(node.inputs.dropFirst()))
            return try self.close(try rewriter.new.append(node.op, inputs, name: node.name), node, &rewriter, &twins)
        }
        guard node.op is any ElementwiseOperator, self.isInRegion(node, rewriter.old, twins) else { return nil }
        var inputs: [ValueID?] = []
        for case let input? in node.inputs {
            let isScalar = rewriter.old[input].type.rank == 0
            inputs.append(isScalar ? rewriter[input] : try self.twin(of: input, &rewriter, &twins))
        }
        let outputs = try rewriter.new.append(node.op, inputs, name: node.name)
        return try self.close(outputs, node, &rewriter, &twins)
    }

    /// An input that is as large as the output has a twin, and every other one has as many axes (of size 1 where it is
    /// repeated) or is a scalar.
    private static func isInRegion(_ node: Node, _ graph: Graph, _ twins: [ValueID: ValueID]) -> Bool {
        let present = node.inputs.compactMap(\.self)
        let output = graph[node.outputs[0]].type
        guard present.count == node.inputs.count, output.rank >= 3 else { return false }
        guard present.contains(where: { twins[$0] != nil && graph[$0].type.shape == output.shape }) else { return false }
        return present.allSatisfy { graph[$0].type.rank == output.rank || graph[$0].type.rank == 0 }
    }

    /// The node rounds or dequantises with one scale for all elements.
    private static func treatsAllAlike(_ node: Node, _ graph: Graph) -> Bool {
        switch node.op {
        case is DynamicQuantizeLinear: true
        case is QuantizeLinear, is DequantizeLinear: node.inputs[1].map { graph.isNumber($0) } ?? false
        default: false
        }
    }

    /// The mean over all positions of a value that has a twin, as some exporters write a global pooling.
    private static func pooled(
        _ rewriter: inout Rewriter, _ node: Node, _ mean: ReduceMean, _ twins: inout [ValueID: ValueID]
    ) throws(GraphError) -> [ValueID]? {
        guard let x = node.inputs[0], let twin = twins[x] else { return nil }
        let type = rewriter.old[x].type
        let axes = try mean.reduction.normalizedAxes(rank: type.rank, in: node.name)
        guard type.rank >= 3, axes == Array(2..<type.rank), type.elementCount > 0, ElementTypes.floating.contains(type.dataType)
        else { return nil }
        let outputs = try rewriter.new.append(GlobalAveragePool(layout: .last), [twin], name: node.name)
        if mean.reduction.keepDimensions { return try self.close(outputs, node, &rewriter, &twins) }
        return [try rewriter.new.apply(Reshape([0, type.shape[1]]), outputs[0], name: node.name + "/flat")]
    }

    /// Tensors of which at least one has a twin, joined along the axis where it lies now.
    private static func joined(
        _ rewriter: inout Rewriter, _ node: Node, _ concat: Concat, _ twins: inout [ValueID: ValueID]
    ) throws(GraphError) -> [ValueID]? {
        let present = node.inputs.compactMap(\.self)
        let rank = rewriter.old[node.outputs[0]].type.rank
        guard rank >= 3, present.contains(where: { twins[$0] != nil }) else { return nil }
        var inputs: [ValueID?] = []
        for input in present { inputs.append(try self.twin(of: input, &rewriter, &twins)) }
        let axis = concat.axis < 0 ? concat.axis + rank : concat.axis
        let moved = axis == 0 ? 0 : axis == 1 ? rank - 1 : axis - 1
        let outputs = try rewriter.new.append(Concat(axis: moved), inputs, name: node.name)
        return try self.close(outputs, node, &rewriter, &twins)
    }

    private static func twin(
        of value: ValueID, _ rewriter: inout Rewriter, _ twins: inout [ValueID: ValueID]
    ) throws(GraphError) -> ValueID {
        if let twin = twins[value] { return twin }
        let type = rewriter.old[value].type
        if let node = rewriter.old.producer(of: value), self.permutes(node, self.toFirst(rank: type.rank)),
            let source = node.inputs[0]
        {
            twins[value] = rewriter[source]
            return rewriter[source]
        }
        let twin = try rewriter.new.apply(
            self.move(type, self.toLast(rank: type.rank)), rewriter[value], name: rewriter.old[value].name + "/channels_last")
        twins[value] = twin
        return twin
    }

    /// The permutation to channels-last.
    private static func toLast(rank: Int) -> [Int] { [0] + Array(2..<rank) + [1] }

    /// The permutation from channels-last.
    private static func toFirst(rank: Int) -> [Int] { [0, rank - 1] + Array(1..<(rank - 1)) }

    private static func permutes(_ node: Node, _ permutation: [Int]) -> Bool {
        (node.op as? Transpose)?.order(rank: permutation.count) == permutation
    }

    /// The transposition, or a view where no two elements change places: one channel, or one position.
    private static func move(_ type: TensorType, _ permutation: [Int]) -> any Operator {
        let shape = permutation.map { type.shape[$0] }
        let wide = permutation.dropFirst().filter { type.shape[$0] != 1 }
        // The batch keeps its size, whatever it is.
        return wide == wide.sorted() ? Reshape([0] + shape.dropFirst()) : Transpose(permutation: permutation)
    }

    /// Remembers output 0 as a twin and gives its channels-first form to whoever wants it.
    private static func close(
        _ outputs: [ValueID], _ node: Node, _ rewriter: inout Rewriter, _ twins: inout [ValueID: ValueID]
    ) throws(GraphError) -> [ValueID] {
        twins[node.outputs[0]] = outputs[0]
        let type = rewriter.new[outputs[0]].type
        let first = try rewriter.new.apply(
            self.move(type, self.toFirst(rank: type.rank)), outputs[0], name: node.name + "/channels_first")
        return [first] + outputs.dropFirst()
    }
}
