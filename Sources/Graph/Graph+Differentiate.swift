/// What a gradient rule sees: the node, the gradients of its outputs, and the graph that it emits into.
package struct GradientContext: Sendable {
    package var graph: Graph
    package let node: Node
    /// Gradients of the node's outputs, nil where nothing flows back.
    package let outputGradients: [ValueID?]
    private let active: Set<ValueID>

    fileprivate init(graph: Graph, node: Node, outputGradients: [ValueID?], active: Set<ValueID>) {
        self.graph = graph
        self.node = node
        self.outputGradients = outputGradients
        self.active = active
    }

    package var outputs: [ValueID] { self.node.outputs }

    /// A required input.
    package func input(_ index: Int) throws(GraphError) -> ValueID {
        guard index < self.node.inputs.count, let id = self.node.inputs[index] else {
            throw GraphError(.arity, self.node.name, "input \(index) is absent")
        }
        return id
    }

    /// An optional input.
    package func optionalInput(_ index: Int) -> ValueID? {
        index < self.node.inputs.count ? self.node.inputs[index] : nil
    }

    /// Whether the gradient of input `index` is wanted: some trainable parameter lies behind it.
    package func needs(_ index: Int) -> Bool {
        self.optionalInput(index).map(self.active.contains) ?? false
    }

    /// The gradient of the first output, which rules of operators with one output may rely on.
    package func dy() throws(GraphError) -> ValueID {
        guard let gradient = self.outputGradients[0] else {
            throw GraphError(.gradient, self.node.name, "output 0 has no gradient")
        }
        return gradient
    }

    package func type(_ id: ValueID) -> TensorType { self.graph[id].type }

    /// Emits an operator with one output.
    package mutating func emit(_ op: any Operator, _ inputs: ValueID?...) throws(GraphError) -> ValueID {
        try self.graph.append(op, inputs, name: self.node.name + "/d" + op.name)[0]
    }

    /// Emits an operator and returns all its outputs.
    package mutating func emitAll(_ op: any Operator, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        try self.graph.append(op, inputs, name: self.node.name + "/d" + op.name)
    }
}

/// A graph extended by gradients.
package struct Differentiated: Sendable {
    package let graph: Graph
    /// The gradient of each wanted value that `loss` depends on.
    package let gradients: [ValueID: ValueID]
}

extension Graph {
    /// The graph extended by the gradients of a scalar with respect to `wanted` (reverse mode).
    ///
    /// Gradients are built only on paths from `wanted` to `loss`: a frozen part below the first wanted value costs nothing.
    /// - Parameters:
    ///   - seed: the gradient of `loss` itself; a constant 1 when nil. Needed when `loss` is no scalar.
    package func differentiated(
        _ loss: ValueID, withRespectTo wanted: Set<ValueID>, seed: ValueID? = nil
    ) throws(GraphError) -> Differentiated {
        var graph = self
        let active = self.dependents(of: wanted)
        var gradients: [ValueID: ValueID] = [:]
        if let seed {
            gradients[loss] = seed
        } else {
            guard self[loss].type.elementCount == 1 else {
                throw GraphError(.gradient, self[loss].name, "the loss must be a scalar, is \(self[loss].type)")
            }
            gradients[loss] = graph.constant(Tensor([Float(1)], shape: self[loss].type.shape), name: "gradient/seed")
        }
        for node in self.nodes.reversed() where node.outputs.contains(where: { gradients[$0] != nil }) {
            guard node.outputs.contains(where: active.contains) else { continue }
            guard case .rule(let rule) = node.op.gradient else {
                if case .none(let reason) = node.op.gradient {
                    throw GraphError(.gradient, node.name, "\(node.op.name) has no gradient: \(reason)")
                }
                continue
            }
            var context = GradientContext(
                graph: graph, node: node, outputGradients: node.outputs.map { gradients[$0] }, active: active)
            let inputGradients = try rule(&context)
            graph = context.graph
            guard inputGradients.count == node.inputs.count else {
                throw GraphError(
                    .gradient, node.name, "\(node.op.name) gave \(inputGradients.count) gradients for \(node.inputs.count) inputs"
                )
            }
            for (input, gradient) in zip(node.inputs, inputGradients) {
                guard let input, let gradient, active.contains(input) else { continue }
                guard graph[gradient].type == graph[input].type else {
                    throw GraphError(
                        .gradient, node.name,
                        "gradient of \(graph[input].name) is \(graph[gradient].type), should be \(graph[input].type)")
                }
                gradients[input] = try graph.accumulated(gradients[input], gradient, name: graph[input].name + "/gradient")
            }
        }
        return Differentiated(graph: graph, gradients: gradients.filter { wanted.contains($0.key) })
    }

    /// The values that depend on any of `sources`, the sources included: where gradients can flow.
    package func dependents(of sources: Set<ValueID>) -> Set<ValueID> {
        var active = sources
        for node in self.nodes where node.inputs.contains(where: { $0.map(active.contains) ?? false }) {
            active.formUnion(node.outputs)
        }
        return active
    }

    private mutating func accumulated(
        _ sum: ValueID?, _ gradient: ValueID, name: String
    ) throws(GraphError) -> ValueID {
        guard let sum else { return gradient }
        return try self.append(Add(), [sum, gradient], name: name)[0]
    }
}
