package import Graph

extension Pass {
    /// Multiplies bytes where a file says that both operands of a product or convolution are dequantised from them, and takes
    /// in what follows: biases, the file's rounding behind the product, a residual, an activation, and the rounding of the
    /// result to bytes.
    ///
    /// Every rounding of the file happens. Runs after `channelsLast` and `moveBytes`, and before constants are folded.
    package static let computeInInt8 = Pass("computeInInt8") { (graph) throws(GraphError) in
        var products: [(node: Node, product: Int8Product)] = []
        for node in graph.nodes {
            if let product = Int8Product(node, graph) { products.append((node, product)) }
        }
        guard !products.isEmpty else { return graph }
        var uses = Int8Uses(graph, products.map(\.product))
        var chains: [ValueID: (node: Node, chain: Int8Chain)] = [:]
        // The later of two products takes the other's result as its residual.
        for (node, product) in products.reversed() {
            let chain = Int8Chain(product, node, uses)
            uses.note(chain)
            chains[chain.value] = (node, chain)
        }
        let taken = Set(chains.values.flatMap { [$0.node.outputs[0]] + $0.chain.taken })
        return try graph.rewritten { (rewriter, node) throws(GraphError) in
            // Nobody but the chain reads what lies inside it: anything may stand there.
            if taken.contains(node.outputs[0]), chains[node.outputs[0]] == nil, let any = node.inputs[0] {
                return [rewriter[any]]
            }
            guard let (product, chain) = chains[node.outputs[0]] else { return nil }
            return try rewriter.new.append(
                chain.product.op(chain.epilogue), try rewriter.inputs(of: chain, product.name), name: product.name)
        }
    }
}

extension Rewriter {
    /// The inputs of the operator that computes a chain, without absent ones at the end.
    fileprivate mutating func inputs(of chain: Int8Chain, _ name: String) throws(GraphError) -> [ValueID?] {
        let product = chain.product
        var scales = self.new.constant(Tensor(product.scales, shape: [product.scales.count]), name: "\(name)/scales")
        var zero: ValueID?
        if case .computed(let scale, let point) = product.aSteps {
            scales = try self.new.apply(Mul(), self[scale], scales, name: "\(name)/steps")
            zero = point.map { self[$0] }
        }
        var innerBias: ValueID?
        switch chain.innerBias {
        case .none: break
        case .value(let id): innerBias = self[id]
        case .numbers(let numbers): innerBias = self.new.constant(Tensor(numbers, shape: [numbers.count]), name: "\(name)/bias")
        }
        var right = self[product.b]
        if let order = product.bOrder { right = try self.new.apply(Transpose(permutation: order), right, name: "\(name)/right") }
        var left = self[product.a]
        if let leading = chain.leading, let depth = self.new[left].type.shape.last {
            left = try self.new.apply(Reshape(leading + [depth], allowsZero: true), left, name: "\(name)/left")
        }
        var inputs = [left, right, scales, innerBias] + self.mapped([chain.bias, chain.residual]) + [zero]
        while inputs.last == .some(nil) { inputs.removeLast() }
        return inputs
    }
}
