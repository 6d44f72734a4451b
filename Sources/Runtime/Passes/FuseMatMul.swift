package import Graph

extension Pass {
    /// Takes transposes of the last two axes, scalar factors, bias, activation and residual into the matrix product.
    package static let fuseMatMul = Pass("fuseMatMul") { (graph) throws(GraphError) in
        var graph = try graph.rewritten { (rewriter, node) throws(GraphError) in try FuseMatMul.absorbTransposes(&rewriter, node)
        }
        graph = try graph.rewritten { (rewriter, node) throws(GraphError) in try FuseMatMul.absorbScale(&rewriter, node) }
        graph = try graph.rewritten { (rewriter, node) throws(GraphError) in try FuseMatMul.absorbBias(&rewriter, node) }
        graph = try graph.rewritten { (rewriter, node) throws(GraphError) in try FuseMatMul.absorbActivation(&rewriter, node) }
        return try graph.rewritten { (rewriter, node) throws(GraphError) in try FuseMatMul.absorbResidual(&rewriter, node) }
    }
}

private enum FuseMatMul {
    /// `MatMul` of values that are transposes of others.
    static func absorbTransposes(_ rewriter: inout Rewriter, _ node: Node) throws(GraphError) -> [ValueID]? {
        if let gemm = node.op as? Gemm { return try self.product(gemm, node, &rewriter) }
        guard node.op is MatMul, let a = node.inputs[0], let b = node.inputs[1] else { return nil }
        let left = self.untransposed(a, rewriter.old)
        let right = self.untransposed(b, rewriter.old)
        // One-dimensional operands keep the general product.
        guard rewriter.old[a].type.rank >= 2, rewriter.old[b].type.rank >= 2 else { return nil }
        let op = FusedMatMul(transposeA: left != nil, transposeB: right != nil)
        return try rewriter.new.append(op, [rewriter[left ?? a], rewriter[right ?? b]], name: node.name)
    }

    /// `Gemm` without an addend, or with one that is a bias as it stands.
    private static func product(_ gemm: Gemm, _ node: Node, _ rewriter: inout Rewriter) throws(GraphError) -> [ValueID]? {
        if node.inputs.count > 2, let addend = node.inputs[2] {
            let width = rewriter.old[node.outputs[0]].type.shape[1]
            guard gemm.beta == 1, rewriter.old[addend].type.shape == [width] else { return nil }
        }
        let op = FusedMatMul(transposeA: gemm.transA, transposeB: gemm.transB, alpha: gemm.alpha)
        return try rewriter.new.append(op, rewriter.mapped(node.inputs), name: node.name)
    }

    /// The source of a transposition that swaps the last two axes and nothing else.
    private static func untransposed(_ id: ValueID, _ graph: Graph) -> ValueID? {
        guard let node = graph.producer(of: id), let transpose = node.op as? Transpose, let source = node.inputs[0] else {
            return nil
        }
        return transpose.swapsLastAxes(rank: graph[source].type.rank) ? source : nil
    }

    /// A product that only this node reads, and the node's other input.
    private static func product(
        of node: Node, _ rewriter: Rewriter, accepts: (FusedMatMul, Node, ValueID) -> Bool
    ) -> (op: FusedMatMul, node: Node, other: ValueID?)? {
        for (position, input) in node.inputs.enumerated() {
            guard let input, rewriter.hasOneReader(input), let producer = rewriter.old.producer(of: input),
                let op = producer.op as? FusedMatMul
            else { continue }
            let other = node.inputs.count == 2 ? node.inputs[1 - position] : nil
            if accepts(op, producer, other ?? input) { return (op, producer, other) }
        }
        return nil
    }

    static func absorbScale(_ rewriter: inout Rewriter, _ node: Node) throws(GraphError) -> [ValueID]? {
        guard node.op is Mul else { return nil }
        let old = rewriter.old
        let found = self.product(of: node, rewriter) { op, producer, other in
            op.activation == .none && producer.inputs.compactMap(\.self).count == 2 && old[other].constant != nil
                && old[other].type == TensorType(.float32, [])
        }
        guard let found, let other = found.other, let scalar = old[other].constant?.array(of: Float.self).first else {
            return nil
        }
        let op = FusedMatMul(
            transposeA: found.op.transposeA, transposeB: found.op.transposeB, alpha: found.op.alpha * scalar)
        return try rewriter.new.append(op, rewriter.mapped(found.node.inputs), name: node.name)
    }

    static func absorbBias(_ rewriter: inout Rewriter, _ node: Node) throws(GraphError) -> [ValueID]? {
        guard node.op is Add else { return nil }
        let old = rewriter.old
        let found = self.product(of: node, rewriter) { op, producer, other in
            op.activation == .none && producer.inputs.compactMap(\.self).count == 2
                && old[other].type.rank == 1 && old[other].type.shape == Array(old[producer.outputs[0]].type.shape.suffix(1))
        }
        guard let found, let bias = found.other else { return nil }
        return try rewriter.new.append(
            found.op, rewriter.mapped([found.node.inputs[0], found.node.inputs[1], bias]), name: node.name)
    }

    static func absorbActivation(_ rewriter: inout Rewriter, _ node: Node) throws(GraphError) -> [ValueID]? {
        guard let activation = FusedActivation(node.op) else { return nil }
        let found = self.product(of: node, rewriter) { op, producer, _ in
            op.activation == .none && producer.inputs.count < 4
        }
        guard let found else { return nil }
        let op = FusedMatMul(
            transposeA: found.op.transposeA, transposeB: found.op.transposeB, alpha: found.op.alpha, activation: activation)
        return try rewriter.new.append(op, rewriter.mapped(found.node.inputs), name: node.name)
    }

    static func absorbResidual(_ rewriter: inout Rewriter, _ node: Node) throws(GraphError) -> [ValueID]? {
        guard node.op is Add else { return nil }
        let old = rewriter.old
        let found = self.product(of: node, rewriter) { _, producer, other in
            producer.inputs.count < 4 && old[other].type == old[producer.outputs[0]].type && other != producer.outputs[0]
        }
        guard let found, let residual = found.other else { return nil }
        let inputs = rewriter.mapped(found.node.inputs)
        let bias = inputs.count > 2 ? inputs[2] : nil
        return try rewriter.new.append(found.op, [inputs[0], inputs[1], bias, rewriter[residual]], name: node.name)
    }
}

extension Transpose {
    /// The last two axes change places and no others: matrix products read their operands either way.
    func swapsLastAxes(rank: Int) -> Bool {
        rank >= 2 && self.order(rank: rank) == Array(0..<(rank - 2)) + [rank - 1, rank - 2]
    }
}
