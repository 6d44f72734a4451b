package import Graph

extension Pass {
    /// Makes one convolution of one tap out of two products with constant weights that follow each other, where that takes
    /// fewer multiplications.
    ///
    /// `V (W x + b) + c` is `(V W) x + (V b + c)`. Decoders of transformers take each scale to a common width and convolve
    /// the result at once (SegFormer). Weights and bias are worked out in double precision and rounded once. Runs behind
    /// `convolveBeforeResize`, before convolutions are fused.
    package static let composeProducts = Pass("composeProducts") { (graph) throws(GraphError) in
        try graph.rewritten { (rewriter, node) throws(GraphError) in
            guard let pair = ProductPair(node, rewriter) else { return nil }
            var shape = rewriter.old[pair.joint].type.shape
            shape[shape.count - 1] = pair.first.depth
            let x = try rewriter.shaped(pair.source(rewriter), shape, name: "\(node.name)/rows")
            let weight = rewriter.new.constant(pair.weight, name: "\(node.name)/composed_weight")
            var inputs = [x, weight]
            if let bias = pair.bias { inputs.append(rewriter.new.constant(bias, name: "\(node.name)/composed_bias")) }
            return try rewriter.new.append(pair.op, inputs, name: node.name)
        }
    }
}

/// A convolution of one tap, channels last, on the result of a product that nothing else reads.
private struct ProductPair {
    /// Multiplications that are done for one pair at most.
    private static let mostWork = 1 << 27

    let op: Conv
    private let x: ValueID
    /// What the convolution reads now.
    let joint: ValueID
    let first: ConstantProduct
    let weight: Tensor
    /// Nil where neither product has one.
    let bias: Tensor?

    init?(_ node: Node, _ rewriter: Rewriter) {
        let graph = rewriter.old
        guard let op = node.op as? Conv, let joint = node.inputs[0], let second = ConstantProduct(node, graph),
            let producer = Self.producer(of: joint, rewriter), let first = ConstantProduct(producer, graph), first.keepsPlaces,
            let x = producer.inputs[0], first.width == second.depth, !graph[x].type.shape.isEmpty
        else { return nil }
        let places = graph[joint].type.elementCount / max(first.width, 1)
        let results = graph[node.outputs[0]].type.elementCount / max(second.width, 1)
        let apart = places * first.depth * first.width + results * second.depth * second.width
        guard results * first.depth * second.width < apart, first.depth * first.width * second.width <= Self.mostWork else {
            return nil
        }
        self.op = op
        self.x = x
        self.joint = joint
        self.first = first
        let (weight, bias) = first.followed(by: second)
        // Infinite weights make NaN where the products apart need not.
        guard weight.allSatisfy(\.isFinite), bias?.allSatisfy(\.isFinite) ?? true else { return nil }
        self.weight = Tensor(weight, shape: [second.width, first.depth] + op.window.strides.map { _ in 1 })
        self.bias = bias.map { Tensor($0, shape: [second.width]) }
    }

    /// What the first product reads, in the new graph; where that is a view, what it is a view of.
    func source(_ rewriter: Rewriter) -> ValueID {
        let x = rewriter[self.x]
        guard let view = rewriter.new.producer(of: x), view.op is any ViewOperator, let source = view.inputs[0] else { return x }
        return source
    }

    /// The node whose result the value is, behind reshapes that leave the channels alone; nil where others read it too.
    private static func producer(of value: ValueID, _ rewriter: Rewriter) -> Node? {
        let graph = rewriter.old
        var value = value
        while rewriter.hasOneReader(value), let node = graph.producer(of: value) {
            guard node.op is any ViewOperator else { return node }
            guard let source = node.inputs[0], graph[source].type.shape.last == graph[value].type.shape.last else { return nil }
            value = source
        }
        return nil
    }
}

/// A product of rows with constant weights, and perhaps a constant bias.
private struct ConstantProduct {
    /// Elements of a row, and of a row of the result.
    let depth: Int
    let width: Int
    /// A row of the result for each row, in their order.
    let keepsPlaces: Bool
    /// [width, depth]
    private let weight: [Double]
    private let bias: [Double]?

    init?(_ node: Node, _ graph: Graph) {
        guard let matrix = node.inputs.dropFirst().first.flatMap({ $0.flatMap { graph[$0].constant } }),
            matrix.type.dataType == .float32, matrix.type.elementCount > 0
        else { return nil }
        let isColumns: Bool
        var scale = 1.0
        switch node.op {
        case let op as Conv:
            guard op.layout == .last, op.window.groups == 1, matrix.shape.dropFirst(2).allSatisfy({ $0 == 1 }),
                (op.window.padsBefore + op.window.padsAfter).allSatisfy({ $0 == 0 })
            else { return nil }
            self.keepsPlaces = op.window.strides.allSatisfy { $0 == 1 }
            isColumns = false
        case let op as FusedMatMul:
            guard op.activation == .none, op.precision == .float32, !op.transposeA, matrix.type.rank == 2,
                node.inputs.count < 4
            else { return nil }
            self.keepsPlaces = true
            isColumns = !op.transposeB
            scale = Double(op.alpha)
        default: return nil
        }
        let (rows, columns) = (matrix.shape[0], matrix.shape[1])
        let values = matrix.array(of: Float.self).map { Double($0) * scale }
        self.depth = isColumns ? rows : columns
        self.width = isColumns ? columns : rows
        if isColumns {
            self.weight = (0..<(rows * columns)).map { values[$0 % rows * columns + $0 / rows] }
        } else {
            self.weight = values
        }
        if node.inputs.count > 2, let bias = node.inputs[2] {
            guard let tensor = graph[bias].constant, tensor.type == TensorType(.float32, [self.width]) else { return nil }
            self.bias = tensor.array(of: Float.self).map(Double.init)
        } else {
            self.bias = nil
        }
    }

    /// Weights [width, depth] and bias of both products, one after the other.
    func followed(by next: ConstantProduct) -> (weight: [Float], bias: [Float]?) {
        var weight: [Float] = []
        weight.reserveCapacity(next.width * self.depth)
        var row = [Double](repeating: 0, count: self.depth)
        var bias = next.bias ?? [Double](repeating: 0, count: next.width)
        for output in 0..<next.width {
            for index in row.indices { row[index] = 0 }
            for inner in 0..<self.width {
                let factor = next.weight[output * self.width + inner]
                let start = inner * self.depth
                for index in row.indices { row[index] += factor * self.weight[start + index] }
                if let first = self.bias { bias[output] += factor * first[inner] }
            }
            weight += row.map { Float($0) }
        }
        let hasBias = self.bias != nil || next.bias != nil
        return (weight, hasBias ? bias.map { Float($0) } : nil)
    }
}
