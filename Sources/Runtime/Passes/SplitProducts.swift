package import Graph

extension Pass {
    /// Splits the constant bytes of a product's columns instead of its result: a fused projection to queries, keys and values
    /// becomes three products, each of which can round its result to bytes of its own. Runs between two passes of `moveBytes`.
    package static let splitProducts = Pass("splitProducts") { (graph) throws(GraphError) in
        try graph.rewritten { (rewriter, node) throws(GraphError) in
            guard node.op is Split, let match = SplitProduct(node, rewriter) else { return nil }
            return try match.emit(node, &rewriter)
        }
    }
}

/// `Split(Reshape(steps(MatMul(a, DequantizeLinear(w)))))` where each part holds neighbouring columns. The steps between are
/// sums with a constant number for each column, `QuantizeLinear` and `DequantizeLinear`; the reshape may be absent.
private struct SplitProduct {
    private let product: Node
    private let dequantize: Node
    /// From the product to the split.
    private let steps: [Node]
    /// Columns of each part.
    private let parts: [Range<Int>]

    init?(_ split: Node, _ rewriter: Rewriter) {
        let graph = rewriter.old
        guard let whole = split.inputs[0], var value = split.inputs[0], let axis = Self.axis(split, graph) else { return nil }
        if let reshape = graph.producer(of: value), reshape.op is Reshape, rewriter.hasOneReader(value),
            let source = reshape.inputs[0]
        {
            value = source
        }
        let shape = graph[whole].type.shape
        guard let columns = graph[value].type.shape.last, graph[value].type.rank >= 2 else { return nil }
        // The split axis is the outermost of those that the columns became.
        let inner = shape[(axis + 1)...].reduce(1, *)
        guard inner * shape[axis] == columns, inner > 0 else { return nil }
        var steps: [Node] = []
        while let node = graph.producer(of: value), rewriter.hasOneReader(value), let next = Self.stepped(node, columns, graph) {
            steps.append(node)
            value = next
        }
        guard let product = graph.producer(of: value), product.op is MatMul, rewriter.hasOneReader(value),
            let a = product.inputs[0], let b = product.inputs[1], graph[a].type.rank >= 2, graph[b].type.rank == 2,
            graph.bytes(of: a) != nil, let dequantize = graph.producer(of: b), dequantize.op is DequantizeLinear,
            dequantize.inputs.allSatisfy({ $0.map { graph[$0].constant != nil } ?? true }), Self.isByColumn(dequantize, graph)
        else { return nil }
        self.product = product
        self.dequantize = dequantize
        self.steps = steps.reversed()
        var start = 0
        self.parts = split.outputs.map { output in
            let size = graph[output].type.shape[axis] * inner
            defer { start += size }
            return start..<(start + size)
        }
    }

    private static func axis(_ node: Node, _ graph: Graph) -> Int? {
        guard let split = node.op as? Split, let x = node.inputs[0] else { return nil }
        return split.axis < 0 ? split.axis + graph[x].type.rank : split.axis
    }

    /// The value that a step works on.
    private static func stepped(_ node: Node, _ columns: Int, _ graph: Graph) -> ValueID? {
        if node.op is QuantizeLinear || node.op is DequantizeLinear {
            return ByteScale(node, graph) == nil ? nil : node.inputs[0]
        }
        guard node.op is Add, let a = node.inputs[0], let b = node.inputs[1] else { return nil }
        for (value, bias) in [(a, b), (b, a)] where graph[value].type == graph[node.outputs[0]].type {
            if graph[bias].constant != nil, graph[bias].type.shape == [columns] { return value }
        }
        return nil
    }

    /// The weights have one scale, or one for each column.
    private static func isByColumn(_ node: Node, _ graph: Graph) -> Bool {
        guard let op = node.op as? DequantizeLinear, op.grid.blockSize == 0 else { return false }
        return ByteScale(node, graph) != nil || op.grid.axis == 1 || op.grid.axis == -1
    }

    /// The parts, under the split's name.
    func emit(_ split: Node, _ rewriter: inout Rewriter) throws(GraphError) -> [ValueID] {
        var outputs: [ValueID] = []
        for (index, columns) in self.parts.enumerated() {
            let weights = try rewriter.new.append(
                self.dequantize.op, self.dequantize.inputs.map { $0.map { rewriter.columns(columns, of: $0) } },
                name: "\(self.dequantize.name)/\(index)")
            var value = try rewriter.new.append(
                self.product.op, rewriter.mapped([self.product.inputs[0]]) + weights, name: "\(self.product.name)/\(index)")[0]
            for step in self.steps {
                // What a step reads besides the value is constant.
                let inputs = step.inputs.map { input in
                    input.map { rewriter.old[$0].constant == nil ? value : rewriter.columns(columns, of: $0) }
                }
                value = try rewriter.new.append(step.op, inputs, name: "\(step.name)/\(index)")[0]
            }
            let shape = rewriter.old[split.outputs[index]].type.shape
            outputs.append(try rewriter.new.apply(Reshape(shape, allowsZero: true), value, name: "\(split.name)/\(index)"))
        }
        return outputs
    }
}

extension Rewriter {
    /// Some entries of a constant's last axis; a constant of one element stays.
    fileprivate mutating func columns(_ range: Range<Int>, of id: ValueID) -> ValueID {
        guard let tensor = self.old[id].constant, tensor.type.elementCount > 1, let width = tensor.shape.last else {
            return self[id]
        }
        let size = tensor.type.dataType.byteCount
        let rows = tensor.type.elementCount / width
        let part = Tensor(zeros: TensorType(tensor.type.dataType, tensor.shape.dropLast() + [range.count]))
        for row in 0..<rows {
            (part.rawPointer + row * range.count * size).copyMemory(
                from: tensor.unalignedPointer + (row * width + range.lowerBound) * size, byteCount: range.count * size)
        }
        withExtendedLifetime(tensor.storage) {}
        return self.new.constant(part, name: self.old[id].name)
    }
}
