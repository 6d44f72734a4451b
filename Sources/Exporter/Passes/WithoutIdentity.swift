package import Graph

extension Pass {
    /// Drops what does nothing in inference: `Identity` and `Dropout`. One that makes an output of the graph stays out, too.
    package static let withoutIdentity = Pass("withoutIdentity") { (graph) throws(GraphError) in
        try graph.rewritten { (rewriter, node) throws(GraphError) in
            guard node.op is Identity || node.op is Dropout, node.outputs.count == 1, let input = node.inputs[0] else {
                return nil
            }
            return [rewriter[input]]
        }
    }
}
