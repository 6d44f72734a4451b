package import Graph
import Kernels

extension Pass {
    /// Takes the product of a map with one number for each channel of a picture into the convolution that reads it, as
    /// squeeze-and-excitation has it: rows are multiplied as they are copied into the cache. Only where a kernel does that: for
    /// packed weights, with one tap and the stride 1, channels last.
    ///
    /// Runs after `fuseConv`.
    package static let gateConvolutions = Pass("gateConvolutions") { (graph) throws(GraphError) in
        guard packsConvolutions() else { return graph }
        return try graph.rewritten { (rewriter, node) throws(GraphError) in try GateConvolutions.absorb(&rewriter, node) }
    }
}

private enum GateConvolutions {
    static func absorb(_ rewriter: inout Rewriter, _ node: Node) throws(GraphError) -> [ValueID]? {
        guard let conv = node.op as? FusedConv, self.copiesRows(conv, node, rewriter.old), node.inputs.count < 5,
            let product = node.inputs[0], rewriter.hasOneReader(product), let producer = rewriter.old.producer(of: product),
            producer.op is Mul, let a = producer.inputs[0], let b = producer.inputs[1]
        else { return nil }
        for (x, gate) in [(a, b), (b, a)] {
            let type = rewriter.old[x].type
            guard type == rewriter.old[product].type, rewriter.old[gate].type == conv.gateType(of: type) else { continue }
            var inputs = rewriter.mapped(node.inputs)
            inputs += [ValueID?](repeating: nil, count: 4 - inputs.count)
            inputs[0] = rewriter[x]
            return try rewriter.new.append(conv, inputs + [rewriter[gate]], name: node.name)
        }
        return nil
    }

    /// Whether the rows of the packed kernel are those of x, and there are any.
    private static func copiesRows(_ conv: FusedConv, _ node: Node, _ graph: Graph) -> Bool {
        guard conv.layout == .last, conv.window.groups == 1, let x = node.inputs[0], let w = node.inputs[1],
            graph[w].constant != nil, graph[x].type.dataType == .float32, graph[x].type.elementCount > 0
        else { return false }
        let shape = graph[w].type.shape
        return shape[0] > 0 && (shape.dropFirst(2) + conv.window.strides).allSatisfy { $0 == 1 }
            && (conv.window.padsBefore + conv.window.padsAfter).allSatisfy { $0 == 0 }
    }
}
