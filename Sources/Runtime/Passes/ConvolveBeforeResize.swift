package import Graph

extension Pass {
    /// Takes a convolution of one tap over joined maps, some of which were enlarged, to the maps before they are enlarged.
    ///
    /// Resizing weighs positions and such a convolution weighs channels: they may change places. `conv(join(x, resize(z)))`
    /// becomes `conv(x) + resize(conv(z))`, with the columns of the weights that belong to each. Decoders that join maps of
    /// several scales (SegFormer) need a third of the products then, and the joined map vanishes. Runs behind
    /// `channelsLast`, before fusion.
    package static let convolveBeforeResize = Pass("convolveBeforeResize") { (graph) throws(GraphError) in
        try graph.rewritten { (rewriter, node) throws(GraphError) in
            try JoinedConvolution(node, rewriter)?.divided(&rewriter, node)
        }
    }
}

/// A convolution of one tap over joined maps.
private struct JoinedConvolution {
    /// One of the joined maps.
    private struct Part {
        /// The map that is enlarged, or the joined one itself.
        let x: ValueID
        let resize: Resize?
        let firstChannel: Int
        let channels: Int
        let positions: Int
    }

    private let op: Conv
    private let axis: Int
    private let weight: Tensor
    private let parts: [Part]

    /// Nil where the convolution has no such input, or dividing it does not halve the products.
    init?(_ node: Node, _ rewriter: Rewriter) {
        let graph = rewriter.old
        guard let op = node.op as? Conv, op.window.groups == 1, let joined = node.inputs[0], rewriter.hasOneReader(joined),
            graph[joined].type.dataType == .float32, let producer = graph.producer(of: joined),
            let concat = producer.op as? Concat, let weight = node.inputs[1].flatMap({ graph[$0].constant }),
            weight.shape.dropFirst(2).allSatisfy({ $0 == 1 }), graph[node.outputs[0]].type.elementCount > 0,
            op.layout.split(graph[node.outputs[0]].type.shape).spatial == op.layout.split(graph[joined].type.shape).spatial,
            (op.window.padsBefore + op.window.padsAfter).allSatisfy({ $0 == 0 })
        else { return nil }
        let rank = graph[joined].type.rank
        let axis = op.layout.channelAxis(rank: rank)
        guard (concat.axis < 0 ? concat.axis + rank : concat.axis) == axis else { return nil }
        self.op = op
        self.axis = axis
        self.weight = weight
        var parts: [Part] = []
        var channel = 0
        for case let input? in producer.inputs {
            let count = graph[input].type.shape[axis]
            parts.append(Self.part(input, channel, count, op.layout, outputs: weight.shape[0], rewriter))
            channel += count
        }
        self.parts = parts
        let whole = graph[joined].type.elementCount
        guard parts.contains(where: { $0.resize == nil }), parts.reduce(0, { $0 + $1.positions * $1.channels }) * 2 <= whole
        else {
            return nil
        }
    }

    /// A joined map, as it was before it was enlarged where that leaves less to compute.
    private static func part(
        _ input: ValueID, _ channel: Int, _ count: Int, _ layout: ChannelLayout, outputs: Int, _ rewriter: Rewriter
    ) -> Part {
        let graph = rewriter.old
        let positions = graph[input].type.elementCount / max(count, 1)
        if let producer = graph.producer(of: input), let resize = producer.op as? Resize, resize.crop == nil,
            resize.layout == layout, rewriter.hasOneReader(input), outputs <= count, let x = producer.inputs[0],
            graph[x].type.elementCount < graph[input].type.elementCount
        {
            return Part(
                x: x, resize: resize, firstChannel: channel, channels: count,
                positions: graph[x].type.elementCount / max(count, 1))
        }
        return Part(x: input, resize: nil, firstChannel: channel, channels: count, positions: positions)
    }

    /// The sum of the parts' convolutions.
    func divided(_ rewriter: inout Rewriter, _ node: Node) throws(GraphError) -> [ValueID] {
        var sum: ValueID?
        for (index, part) in self.parts.enumerated() {
            guard let resize = part.resize else { continue }
            let name = "\(node.name)/part\(index)"
            let weight = rewriter.new.constant(self.columns([part]), name: "\(name)/weight")
            let small = try rewriter.new.append(self.op, [rewriter[part.x], weight], name: name)[0]
            let large = try rewriter.new.apply(resize, small, name: "\(name)/resized")
            sum = try sum.map { (value) throws(GraphError) in try rewriter.new.apply(Add(), value, large) } ?? large
        }
        let rest = self.parts.filter { $0.resize == nil }
        var x = rewriter[rest[0].x]
        if rest.count > 1 {
            x = try rewriter.new.append(Concat(axis: self.axis), rest.map { rewriter[$0.x] }, name: "\(node.name)/joined")[0]
        }
        let weight = rewriter.new.constant(self.columns(rest), name: "\(node.name)/weight")
        let bias = node.inputs.count > 2 ? node.inputs[2].map { rewriter[$0] } : nil
        let y = try rewriter.new.append(self.op, bias.map { [x, weight, $0] } ?? [x, weight], name: "\(node.name)/rest")[0]
        guard let sum else { return [y] }
        return [try rewriter.new.apply(Add(), y, sum, name: node.name)]
    }

    /// The weights of these parts' channels.
    private func columns(_ parts: [Part]) -> Tensor {
        let (outputs, channels) = (self.weight.shape[0], self.weight.shape[1])
        let values = self.weight.array(of: Float.self)
        var result: [Float] = []
        for output in 0..<outputs {
            for part in parts {
                let start = output * channels + part.firstChannel
                result += values[start..<(start + part.channels)]
            }
        }
        let count = parts.reduce(0) { $0 + $1.channels }
        return Tensor(result, shape: [outputs, count] + self.weight.shape.dropFirst(2))
    }
}
