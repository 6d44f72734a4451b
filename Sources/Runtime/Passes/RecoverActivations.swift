package import Graph

extension Pass {
    /// Recognises activations that exporters write as products: GELU by the error function and by tanh, sigmoid-gated ones
    /// (SiLU, Swish with a factor, which is also quick GELU), and HardSwish; in any order of factors and terms.
    package static let recoverActivations = Pass("recoverActivations") { (graph) throws(GraphError) in
        try graph.rewritten { (rewriter, node) throws(GraphError) in
            guard node.op is Mul || node.op is Div, let match = GatedProduct(node, rewriter.old) else { return nil }
            return try rewriter.new.append(match.op, [rewriter[match.x]], name: node.name)
        }
    }
}

/// `factor · x · gate(x)` that is an activation.
private struct GatedProduct {
    let x: ValueID
    let op: any Operator

    /// Products are followed to this depth; exporters write two or three.
    private static let depth = 3

    init?(_ node: Node, _ graph: Graph) {
        guard graph[node.outputs[0]].type.dataType.isFloating else { return nil }
        let members = Self.members(of: node, graph, depth: Self.depth)
        for gate in members {
            guard let bend = Bend(gate, graph) else { continue }
            for x in members where x != gate && graph[x].type == graph[node.outputs[0]].type {
                guard let factor = Self.factor(of: node.outputs[0], x, gate, graph),
                    let op = bend.activation(of: x, factor, graph)
                else { continue }
                self.x = x
                self.op = op
                return
            }
        }
        return nil
    }

    /// Everything that is multiplied: factors, and factors of factors.
    private static func members(of node: Node, _ graph: Graph, depth: Int) -> [ValueID] {
        guard depth > 0, node.op is Mul || node.op is Div else { return [] }
        var result: [ValueID] = []
        for case let input? in node.inputs where graph[input].constant == nil {
            result.append(input)
            if let inner = graph.producer(of: input) { result += self.members(of: inner, graph, depth: depth - 1) }
        }
        return result
    }

    /// The number before `x · gate`; nil where the value is not that product.
    private static func factor(of value: ValueID, _ x: ValueID, _ gate: ValueID, _ graph: Graph) -> Double? {
        guard let product = self.monomial(value, x, gate, graph, depth: self.depth), product.x == 1, product.gate == 1 else {
            return nil
        }
        return product.factor
    }

    private static func monomial(
        _ value: ValueID, _ x: ValueID, _ gate: ValueID, _ graph: Graph, depth: Int
    ) -> (factor: Double, x: Int, gate: Int)? {
        if value == x { return (1, 1, 0) }
        if value == gate { return (1, 0, 1) }
        if let number = graph[value].constant?.scalar { return (number, 0, 0) }
        guard depth > 0, let node = graph.producer(of: value), node.op is Mul || node.op is Div, let left = node.inputs[0],
            let right = node.inputs[1], let a = self.monomial(left, x, gate, graph, depth: depth - 1),
            let b = self.monomial(right, x, gate, graph, depth: depth - 1)
        else { return nil }
        if node.op is Mul { return (a.factor * b.factor, a.x + b.x, a.gate + b.gate) }
        return b.x + b.gate == 0 ? (a.factor / b.factor, a.x, a.gate) : nil
    }
}

/// A gate: what bends, and the value that it is of.
private enum Bend {
    /// `1 + tanh(argument)`
    case tanh(ValueID)
    /// `1 + erf(argument)`
    case erf(ValueID)
    case sigmoid(ValueID)
    case hardSigmoid(HardSigmoid, ValueID)

    init?(_ gate: ValueID, _ graph: Graph) {
        guard let node = graph.producer(of: gate), let first = node.inputs.first ?? nil else { return nil }
        switch node.op {
        case is Sigmoid: self = .sigmoid(first)
        case let op as HardSigmoid: self = .hardSigmoid(op, first)
        case is Add:
            guard let second = node.inputs[1] else { return nil }
            for (curve, one) in [(first, second), (second, first)] where graph[one].constant?.scalar == 1 {
                guard let curve = graph.producer(of: curve), let argument = curve.inputs.first ?? nil else { continue }
                if curve.op is Tanh {
                    self = .tanh(argument)
                    return
                }
                if curve.op is Erf {
                    self = .erf(argument)
                    return
                }
            }
            return nil
        default: return nil
        }
    }

    /// The activation that `factor · x · gate` is.
    func activation(of x: ValueID, _ factor: Double, _ graph: Graph) -> (any Operator)? {
        switch self {
        case .tanh(let argument):
            let slope = (2 / Double.pi).squareRoot()
            guard factor == 0.5, Cubic(argument, in: x, graph)?.isClose(to: [0, slope, 0, 0.044715 * slope]) ?? false else {
                return nil
            }
            return Gelu(approximate: .tanh)
        case .erf(let argument):
            guard factor == 0.5, Cubic(argument, in: x, graph)?.isClose(to: [0, 0.5.squareRoot(), 0, 0]) ?? false else {
                return nil
            }
            return Gelu()
        case .sigmoid(let argument):
            guard factor == 1, let line = Cubic(argument, in: x, graph)?.coefficients, line[1] != 0,
                line == [0, line[1], 0, 0]
            else { return nil }
            return line[1] == 1 ? Silu() : Swish(alpha: Float(line[1]))
        case .hardSigmoid(let op, let argument):
            guard factor == 1, argument == x, abs(op.alpha - 1.0 / 6) < 1e-6, op.beta == 0.5 else { return nil }
            return HardSwish()
        }
    }
}
