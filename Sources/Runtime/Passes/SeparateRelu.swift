import Graph

extension Pass {
    /// Takes ReLU out of convolutions again: oneDNN's gives 0 for NaN. Finite numbers keep their bits.
    static let separateRelu = Pass("separateRelu") { (graph) throws(GraphError) in
        try graph.rewritten { (rewriter, node) throws(GraphError) in
            guard let op = node.op as? FusedConv, op.activation == .relu else { return nil }
            let inputs = rewriter.mapped(node.inputs)
            let y = try rewriter.new.append(op.with(activation: .none), inputs, name: "\(node.name)/sum")[0]
            return [try rewriter.new.apply(Relu(), y, name: node.name)]
        }
    }
}
