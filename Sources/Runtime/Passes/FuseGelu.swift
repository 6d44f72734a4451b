package import Graph

extension Pass {
    /// Recognises `x · ½ · (1 + erf(x / √2))` in the orders in which exporters write it.
    package static let fuseGelu = Pass("fuseGelu") { (graph) throws(GraphError) in
        try graph.rewritten { (rewriter, node) throws(GraphError) in
            guard node.op is Mul, let x = FuseGelu.source(of: node, rewriter.old) else { return nil }
            return try rewriter.new.append(Gelu(), [rewriter[x]], name: node.name)
        }
    }
}

private enum FuseGelu {
    /// `node` is the outermost of two products over {x, ½, 1 + erf(x / √2)}; the factors may be paired in any way.
    static func source(of node: Node, _ graph: Graph) -> ValueID? {
        let factors = self.factors(of: node, graph)
        guard factors.count == 3 else { return nil }
        let halves = factors.filter { self.isScalar(graph[$0], 0.5) }
        let tails = factors.compactMap { factor in self.erfSource(of: factor, graph).map { (factor, $0) } }
        guard halves.count == 1, tails.count == 1, let (tail, x) = tails.first else { return nil }
        let rest = factors.filter { $0 != halves[0] && $0 != tail }
        return rest == [x] ? x : nil
    }

    private static func factors(of node: Node, _ graph: Graph) -> [ValueID] {
        let direct = node.inputs.compactMap(\.self)
        for (position, input) in direct.enumerated() {
            guard let inner = graph.producer(of: input), inner.op is Mul else { continue }
            return inner.inputs.compactMap(\.self) + [direct[1 - position]]
        }
        return direct
    }

    /// The x of `1 + erf(x / √2)` or `1 + erf(x · 1/√2)`.
    private static func erfSource(of value: ValueID, _ graph: Graph) -> ValueID? {
        guard let sum = graph.producer(of: value), sum.op is Add else { return nil }
        let terms = sum.inputs.compactMap(\.self)
        guard let erf = terms.lazy.compactMap({ graph.producer(of: $0) }).first(where: { $0.op is Erf }),
            terms.contains(where: { self.isScalar(graph[$0], 1) }),
            let argument = erf.inputs[0], let scaled = graph.producer(of: argument), let x = scaled.inputs[0],
            let factor = scaled.inputs.last ?? nil
        else { return nil }
        if scaled.op is Div, self.isScalar(graph[factor], 2.0.squareRoot()) { return x }
        if scaled.op is Mul, self.isScalar(graph[factor], 0.5.squareRoot()) { return x }
        return nil
    }

    /// A constant of one element close to `value`.
    private static func isScalar(_ candidate: Value, _ value: Double) -> Bool {
        guard let tensor = candidate.constant, tensor.type.dataType == .float32, tensor.type.elementCount == 1 else {
            return false
        }
        return tensor.array(of: Float.self).allSatisfy { abs(Double($0) - value) < 1e-6 }
    }
}
