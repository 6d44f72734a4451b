package import Graph

extension Pass {
    /// Moves convolutions, pooling, batch normalisation and what lies between them to channels-last tensors.
    ///
    /// Every value of such a region gets a channels-last twin; transposes appear only where a region begins or ends,
    /// and the rest dies as dead nodes.
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
        if let op = node.op as? any ChannelLayoutOperator, op.layout == .first, let x = node.inputs[0],
            rewriter.old[x].type.rank >= 3
        {
            let inputs = [try self.twin(of: x, &rewriter, &twins)] + rewriter.mapped(Array(node.inputs.dropFirst()))
            let outputs = try rewriter.new.append(op.with(layout: .last), inputs, name: node.name)
            return try self.close(outputs, node, &rewriter, &twins)
        }
        guard node.op is any ElementwiseOperator, let wide = self.regionInput(node, rewriter.old, twins) else { return nil }
        let rank = rewriter.old[wide].type.rank
        var inputs: [ValueID?] = []
        for case let input? in node.inputs {
            let isScalar = rewriter.old[input].type.elementCount == 1
            inputs.append(isScalar ? rewriter[input] : try self.twin(of: input, &rewriter, &twins))
        }
        precondition(rank >= 3)
        let outputs = try rewriter.new.append(node.op, inputs, name: node.name)
        return try self.close(outputs, node, &rewriter, &twins)
    }

    /// An input with a twin, when every other input has the same shape or is a scalar.
    private static func regionInput(_ node: Node, _ graph: Graph, _ twins: [ValueID: ValueID]) -> ValueID? {
        let present = node.inputs.compactMap(\.self)
        guard present.count == node.inputs.count, let wide = present.first(where: { twins[$0] != nil }) else { return nil }
        let type = graph[wide].type
        let fits = present.allSatisfy { graph[$0].type == type || (graph[$0].type.elementCount == 1 && graph[$0].type.rank == 0) }
        return fits ? wide : nil
    }

    private static func twin(
        of value: ValueID, _ rewriter: inout Rewriter, _ twins: inout [ValueID: ValueID]
    ) throws(GraphError) -> ValueID {
        if let twin = twins[value] { return twin }
        let rank = rewriter.old[value].type.rank
        let permutation = [0] + Array(2..<rank) + [1]
        let twin = try rewriter.new.apply(
            Transpose(permutation: permutation), rewriter[value], name: rewriter.old[value].name + "/channels_last")
        twins[value] = twin
        return twin
    }

    /// Remembers output 0 as a twin and gives its channels-first form to whoever wants it.
    private static func close(
        _ outputs: [ValueID], _ node: Node, _ rewriter: inout Rewriter, _ twins: inout [ValueID: ValueID]
    ) throws(GraphError) -> [ValueID] {
        twins[node.outputs[0]] = outputs[0]
        let rank = rewriter.new[outputs[0]].type.rank
        let back = [0, rank - 1] + Array(1..<(rank - 1))
        let first = try rewriter.new.apply(
            Transpose(permutation: back), outputs[0], name: node.name + "/channels_first")
        return [first] + outputs.dropFirst()
    }
}
