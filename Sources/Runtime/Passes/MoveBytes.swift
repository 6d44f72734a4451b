package import Graph

extension Pass {
    /// Moves bytes instead of the numbers that they stand for: a reshape, transposition, split, maximum under a window and
    /// so on between `DequantizeLinear` and `QuantizeLinear` runs on the bytes, and what is quantised behind it is quantised
    /// before. Where the same bytes come out as went in, both nodes vanish. No number changes.
    package static let moveBytes = Pass("moveBytes") { (graph) throws(GraphError) in
        guard graph.nodes.contains(where: { $0.op is QuantizeLinear || $0.op is DequantizeLinear }) else { return graph }
        var known: [ValueID: MoveBytes.Bytes] = [:]
        let sunk = try graph.rewritten { (rewriter, node) throws(GraphError) in
            try MoveBytes.dequantizeLater(&rewriter, node, &known)
        }
        return try sunk.rewritten { (rewriter, node) throws(GraphError) in try MoveBytes.quantizeEarlier(&rewriter, node) }
    }
}

private enum MoveBytes {
    struct Bytes {
        /// In the new graph.
        let value: ValueID
        /// Computed steps are values of the old graph.
        let steps: ByteSteps
    }

    /// - Parameter known: for old float values the bytes that they are dequantised from.
    static func dequantizeLater(
        _ rewriter: inout Rewriter, _ node: Node, _ known: inout [ValueID: Bytes]
    ) throws(GraphError) -> [ValueID]? {
        if let source = node.inputs.first ?? nil, let steps = ByteSteps(dequantize: node, rewriter.old) {
            known[node.outputs[0]] = Bytes(value: rewriter[source], steps: steps)
            return nil
        }
        if let source = node.inputs.first ?? nil, let scale = ByteScale(node, rewriter.old) {
            if let bytes = known[source], bytes.steps == .fixed(scale) { return [bytes.value] }
            return nil
        }
        let moved = self.movedInputs(node)
        let sources = moved.compactMap { node.inputs[$0].flatMap { known[$0] } }
        guard let steps = sources.first?.steps, sources.count == moved.count, sources.allSatisfy({ $0.steps == steps }),
            self.keepsOrder(node, steps)
        else { return nil }
        var inputs = rewriter.mapped(node.inputs)
        for (index, bytes) in zip(moved, sources) { inputs[index] = bytes.value }
        let values = try rewriter.new.append(node.op, inputs, name: "\(node.name)/bytes")
        var numbers: [ValueID] = []
        for (value, old) in zip(values, node.outputs) {
            known[old] = Bytes(value: value, steps: steps)
            numbers.append(try rewriter.dequantized(value, steps, name: rewriter.old[old].name))
        }
        return numbers
    }

    /// The largest number has the largest byte only where the scale is known to be positive.
    private static func keepsOrder(_ node: Node, _ steps: ByteSteps) -> Bool {
        if case .computed = steps { return !(node.op is MaxPool) }
        return true
    }

    /// The largest number under a window has the largest byte, since scales are positive.
    private static func movedInputs(_ node: Node) -> [Int] {
        if let pool = node.op as? MaxPool { return pool.indices == nil ? [0] : [] }
        return node.movedInputs
    }

    /// `QuantizeLinear` of moved values: the element-wise work and the quantisation first, then the movements, on bytes.
    static func quantizeEarlier(_ rewriter: inout Rewriter, _ node: Node) throws(GraphError) -> [ValueID]? {
        guard node.op is QuantizeLinear, let scale = ByteScale(node, rewriter.old), var source = node.inputs[0] else {
            return nil
        }
        var above: [Node] = []
        while rewriter.hasOneReader(source), let producer = rewriter.old.producer(of: source), producer.outputs.count == 1,
            let place = self.movedInput(producer) ?? self.scaledInput(producer, rewriter.old), let next = producer.inputs[place]
        {
            above.append(producer)
            source = next
        }
        // What lies above the first movement stays where it is.
        while let last = above.last, self.movedInput(last) == nil {
            above.removeLast()
            source = last.outputs[0]
        }
        guard !above.isEmpty, rewriter.old[source].type.rank > 0 else { return nil }
        var value = rewriter[source]
        for step in above.reversed() {
            guard self.movedInput(step) == nil, let place = self.scaledInput(step, rewriter.old) else { continue }
            var inputs = rewriter.mapped(step.inputs)
            inputs[place] = value
            value = try rewriter.new.append(step.op, inputs, name: step.name)[0]
        }
        value = try rewriter.new.quantized(value, scale, name: node.name)
        for step in above.reversed() where self.movedInput(step) != nil {
            value = try rewriter.new.append(
                step.op, [value] + rewriter.mapped(Array(step.inputs.dropFirst())), name: "\(step.name)/bytes")[0]
        }
        return [value]
    }

    /// The input of a node that moves all elements of one tensor.
    private static func movedInput(_ node: Node) -> Int? {
        switch node.op {
        case is Reshape, is Flatten, is Squeeze, is Unsqueeze, is Transpose: 0
        default: nil
        }
    }

    /// The input that a node multiplies with a constant number, or adds one to.
    private static func scaledInput(_ node: Node, _ graph: Graph) -> Int? {
        guard node.op is Mul || node.op is Add, node.inputs.count == 2, let a = node.inputs[0], let b = node.inputs[1] else {
            return nil
        }
        for (place, value, number) in [(0, a, b), (1, b, a)] {
            guard graph[number].constant?.type.elementCount == 1, graph[number].type.rank <= 1,
                graph[value].type == graph[node.outputs[0]].type
            else { continue }
            return place
        }
        return nil
    }
}

extension Rewriter {
    /// Emits a node that gives the numbers for bytes of the new graph.
    fileprivate mutating func dequantized(_ value: ValueID, _ steps: ByteSteps, name: String) throws(GraphError) -> ValueID {
        switch steps {
        case .fixed(let scale): return try self.new.dequantized(value, scale, name: name)
        case .computed(let scale, let zero):
            let inputs = [value, self[scale]] + (zero.map { [self[$0]] } ?? [])
            return try self.new.append(DequantizeLinear(), inputs, name: name)[0]
        }
    }
}
