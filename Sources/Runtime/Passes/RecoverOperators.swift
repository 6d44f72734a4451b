package import Graph

extension Pass {
    /// Recognises layer and root-mean-square normalisation that an exporter wrote as reductions.
    package static let recoverOperators = Pass("recoverOperators") { (graph) throws(GraphError) in
        let normalized = try graph.rewritten { (rewriter, node) throws(GraphError) in
            guard let match = Recovery.normalized(node, rewriter.old) else { return nil }
            let size = match.row.reduce(1, *)
            let scale = rewriter.new.constant(
                Tensor([Float](repeating: 1, count: size), shape: match.row), name: "\(node.name)/scale")
            let op: any Operator =
                match.isCentred
                ? LayerNormalization(axis: match.axis, epsilon: match.epsilon)
                : RMSNormalization(axis: match.axis, epsilon: match.epsilon)
            return [try rewriter.new.append(op, [rewriter[match.x], scale], name: node.name)[0]]
        }
        let scaled = try normalized.rewritten { (rewriter, node) throws(GraphError) in
            try Recovery.absorbed(node, &rewriter, node.op is Mul, place: 1)
        }
        return try scaled.rewritten { (rewriter, node) throws(GraphError) in
            try Recovery.absorbed(node, &rewriter, node.op is Add, place: 2)
        }
    }
}

private enum Recovery {
    struct Normalized {
        let x: ValueID
        let axis: Int
        let row: [Int]
        let epsilon: Float
        let isCentred: Bool
    }

    /// `(x - mean) / √(mean of squares + ε)`, or the same without the mean.
    static func normalized(_ node: Node, _ graph: Graph) -> Normalized? {
        guard node.op is Div, let top = node.inputs[0], let bottom = node.inputs[1], let root = graph.producer(of: bottom),
            root.op is Sqrt, let under = root.inputs[0], let sum = graph.producer(of: under), sum.op is Add,
            let (squares, epsilon) = self.scalar(sum, graph), let mean = graph.producer(of: squares),
            let reduction = mean.op as? ReduceMean, reduction.reduction.keepDimensions, let square = mean.inputs[0],
            self.isSquare(square, of: top, graph), graph[top].type.dataType == .float32
        else { return nil }
        let rank = graph[top].type.rank
        guard let axes = try? reduction.reduction.normalizedAxes(rank: rank, in: "ReduceMean") else { return nil }
        guard let first = axes.first, axes == Array(first..<rank) else { return nil }
        let row = Array(graph[top].type.shape[first...])
        if let centred = graph.producer(of: top), centred.op is Sub, let x = centred.inputs[0], let middle = centred.inputs[1],
            let average = graph.producer(of: middle), let outer = average.op as? ReduceMean, average.inputs[0] == x,
            outer.reduction.keepDimensions, (try? outer.reduction.normalizedAxes(rank: rank, in: "ReduceMean")) == axes
        {
            return Normalized(x: x, axis: first, row: row, epsilon: epsilon, isCentred: true)
        }
        return Normalized(x: top, axis: first, row: row, epsilon: epsilon, isCentred: false)
    }

    private static func scalar(_ node: Node, _ graph: Graph) -> (value: ValueID, number: Float)? {
        guard let a = node.inputs[0], let b = node.inputs[1] else { return nil }
        for (value, number) in [(a, b), (b, a)] {
            guard let tensor = graph[number].constant, tensor.type.elementCount == 1, let scalar = tensor.scalar else { continue }
            return (value, Float(scalar))
        }
        return nil
    }

    private static func isSquare(_ value: ValueID, of x: ValueID, _ graph: Graph) -> Bool {
        guard let node = graph.producer(of: value) else { return false }
        if node.op is Mul { return node.inputs == [x, x] }
        guard node.op is Pow, node.inputs[0] == x, let exponent = node.inputs[1] else { return false }
        return graph[exponent].constant?.scalar == 2
    }

    /// A normalisation whose result only this node reads, with the node's constant as its scale or bias.
    static func absorbed(
        _ node: Node, _ rewriter: inout Rewriter, _ isCandidate: Bool, place: Int
    ) throws(GraphError) -> [ValueID]? {
        guard isCandidate, let a = node.inputs[0], let b = node.inputs[1] else { return nil }
        for (value, other) in [(a, b), (b, a)] {
            guard rewriter.hasOneReader(value), let producer = rewriter.old.producer(of: value), producer.inputs.count == 2,
                let scale = producer.inputs[1], rewriter.old[other].constant != nil,
                rewriter.old[other].type == rewriter.old[scale].type
            else { continue }
            let isLayer = producer.op is LayerNormalization
            guard isLayer || (producer.op is RMSNormalization && place == 1) else { continue }
            if place == 1 {
                guard Self.isOnes(rewriter.old[scale]) else { continue }
                return try rewriter.new.append(
                    producer.op, [rewriter.mapped(producer.inputs)[0], rewriter[other]], name: node.name)
            }
            return try rewriter.new.append(producer.op, rewriter.mapped(producer.inputs) + [rewriter[other]], name: node.name)
        }
        return nil
    }

    private static func isOnes(_ value: Value) -> Bool {
        guard let tensor = value.constant, tensor.type.dataType == .float32 else { return false }
        return tensor.withElements(as: Float.self) { $0.allSatisfy { $0 == 1 } }
    }
}
