package import Graph

extension Pass {
    /// Takes the residual sum and the activation after a convolution into it; for inference.
    package static let fuseConv = Pass("fuseConv") { (graph) throws(GraphError) in
        let begun = try graph.rewritten { (rewriter, node) throws(GraphError) in try FuseConv.begin(&rewriter, node) }
        let summed = try begun.rewritten { (rewriter, node) throws(GraphError) in try FuseConv.absorbResidual(&rewriter, node) }
        return try summed.rewritten { (rewriter, node) throws(GraphError) in try FuseConv.absorbActivation(&rewriter, node) }
    }
}

private enum FuseConv {
    static func begin(_ rewriter: inout Rewriter, _ node: Node) throws(GraphError) -> [ValueID]? {
        guard let conv = node.op as? Conv else { return nil }
        let op = FusedConv(window: conv.window, layout: conv.layout)
        return try rewriter.new.append(op, rewriter.mapped(node.inputs), name: node.name)
    }

    static func absorbResidual(_ rewriter: inout Rewriter, _ node: Node) throws(GraphError) -> [ValueID]? {
        guard node.op is Add, let a = node.inputs[0], let b = node.inputs[1] else { return nil }
        // The later of two convolutions takes the other's result as its residual.
        for (convolved, residual) in a > b ? [(a, b), (b, a)] : [(b, a), (a, b)] {
            guard convolved > residual, rewriter.hasOneReader(convolved), let producer = rewriter.old.producer(of: convolved),
                let op = producer.op as? FusedConv, op.activation == .none, producer.inputs.count < 4,
                rewriter.old[residual].type == rewriter.old[convolved].type
            else { continue }
            let inputs = rewriter.mapped(producer.inputs)
            let bias = inputs.count > 2 ? inputs[2] : nil
            return try rewriter.new.append(op, [inputs[0], inputs[1], bias, rewriter[residual]], name: node.name)
        }
        return nil
    }

    /// Activations behind the convolution, or behind a reshape of its result.
    static func absorbActivation(_ rewriter: inout Rewriter, _ node: Node) throws(GraphError) -> [ValueID]? {
        // oneDNN's sigmoid of NaN is a number, and it is mostly taken of a few means.
        guard let activation = FusedActivation(node.op), activation != .sigmoid, var input = node.inputs[0],
            rewriter.hasOneReader(input), var producer = rewriter.old.producer(of: input)
        else { return nil }
        if producer.op is any ViewOperator, let source = producer.inputs[0], rewriter.hasOneReader(source),
            let before = rewriter.old.producer(of: source)
        {
            (input, producer) = (source, before)
        }
        guard let conv = producer.op as? FusedConv, conv.activation == .none else { return nil }
        let y = try rewriter.new.append(
            conv.with(activation: activation), rewriter.mapped(producer.inputs), name: node.name)[0]
        return [try rewriter.shaped(y, rewriter.old[node.outputs[0]].type.shape, name: "\(node.name)/shaped")]
    }
}
