import Graph

/// A `Loop` or `Scan` between two iterations.
struct LoopState {
    let node: OnnxModel.Node
    let body: OnnxModel.Subgraph
    /// Before the names of all iterations.
    let prefix: String
    let names: OnnxModel.NameSize
    var iteration = 0
    /// Names of the values that the next iteration is given.
    var carried: [String]
    /// Name of the value that says whether there is a next one; empty when only the count does.
    var condition: String

    init(_ node: OnnxModel.Node, _ body: OnnxModel.Subgraph, prefix: String, carried: [String], condition: String) {
        self.node = node
        self.body = body
        self.prefix = prefix
        self.names = OnnxModel.NameSize(body)
        self.carried = carried
        self.condition = condition
    }

    /// Before the names of the next iteration.
    var iterationPrefix: String { "\(self.prefix)\(self.iteration)/" }

    /// For each output of the body that is collected, the names of its parts so far.
    var collected: [[String]] {
        let own = self.body.ownNames
        let first = self.node.type == "Scan" ? self.carried.count : self.carried.count + 1
        return self.body.outputs.dropFirst(first).map { output in
            (0..<self.iteration).map { own.contains(output) ? "\(self.prefix)\($0)/\(output)" : output }
        }
    }

    var readNames: Set<String> {
        self.body.readNames.union(self.node.inputs).union(self.carried).union(self.collected.joined()).union([self.condition])
    }
}

/// Branches and loops are put into the graph as far as they run: which branch and how often is known before shapes are.
extension GraphImporter {
    /// Returns the name of a value that must be known first.
    mutating func control(_ node: OnnxModel.Node, _ inputs: [Meaning?]) throws(GraphError) -> String? {
        switch node.type {
        case "If" where node.domain.isEmpty: try self.branch(node, inputs)
        case "Loop" where node.domain.isEmpty: try self.loop(node)
        case "Scan" where node.domain.isEmpty: try self.scan(node, inputs)
        case "SequenceMap" where node.domain.isEmpty: try self.map(node, inputs)
        default: throw GraphError(.unsupported, node.type, "subgraphs of this operator are not supported")
        }
        return nil
    }

    private mutating func branch(_ node: OnnxModel.Node, _ inputs: [Meaning?]) throws(GraphError) {
        guard let condition = Self.constant(inputs.first ?? nil) else {
            throw GraphError(.valueNeeded(input: 0), node.type, "the condition must be known")
        }
        guard let holds = condition.scalar.map({ $0 != 0 }) else {
            throw GraphError(.shape, node.type, "the condition is \(condition.type), must have one element")
        }
        guard let chosen = node.subgraphs[holds ? "then_branch" : "else_branch"] else {
            throw GraphError(.attribute, node.type, "a branch is absent")
        }
        let prefix = self.uniquePrefix(node.name)
        try self.charge(OnnxModel.NameSize(chosen), prefix: prefix)
        let body = chosen.prefixed(prefix)
        guard body.outputs.count == node.outputs.count else {
            throw GraphError(.arity, node.type, "the branch makes \(body.outputs.count) outputs, not \(node.outputs.count)")
        }
        try self.inline(body, then: zip(node.outputs, body.outputs).map { Self.alias($0, of: $1, node) })
    }

    private mutating func loop(_ node: OnnxModel.Node) throws(GraphError) {
        guard let body = node.subgraphs["body"], node.inputs.count >= 2 else {
            throw GraphError(.arity, node.type, "the body, the count or the condition is absent")
        }
        let carried = Array(node.inputs.dropFirst(2))
        guard body.inputs.count == carried.count + 2, body.outputs.count >= carried.count + 1,
            node.outputs.count <= body.outputs.count - 1
        else { throw GraphError(.arity, node.type, "inputs and outputs do not fit the body's") }
        let prefix = self.uniquePrefix(node.name)
        self.push([.loop(LoopState(node, body, prefix: prefix, carried: carried, condition: node.inputs[1]))])
    }

    /// One iteration of a loop, or its end.
    mutating func step(_ state: LoopState) throws(OnnxError) -> String? {
        let node = state.node
        if node.type == "Scan" { return try self.scanStep(state) }
        for name in [node.inputs[0], state.condition] where !name.isEmpty {
            guard Self.constant(try self.meaning(name, in: node.name)) != nil else { return name }
        }
        let count = node.inputs[0].isEmpty ? nil : Self.constant(try self.meaning(node.inputs[0], in: node.name))?.scalar
        let holds =
            state.condition.isEmpty ? nil : Self.constant(try self.meaning(state.condition, in: node.name))?.scalar
        guard Double(state.iteration) < count ?? .infinity, holds != 0 else {
            self.finish(state)
            return nil
        }
        let body = try self.iteration(of: state)
        try self.define(body.inputs[0], .constant(Tensor([Int64(state.iteration)], shape: [])))
        try self.define(body.inputs[1], .constant(Tensor(bools: [true], shape: [])))
        for (inner, outer) in zip(body.inputs.dropFirst(2), state.carried) {
            try self.define(inner, try self.meaning(outer, in: node.name))
        }
        var next = state
        next.iteration += 1
        next.condition = body.outputs[0]
        next.carried = Array(body.outputs.dropFirst().prefix(state.carried.count))
        do throws(GraphError) {
            try self.inline(body, then: [.loop(next)])
        } catch {
            throw OnnxError(error, at: node)
        }
        return nil
    }

    /// The body under the names of the next iteration.
    private mutating func iteration(of state: LoopState) throws(OnnxError) -> OnnxModel.Subgraph {
        do throws(GraphError) {
            try self.charge(state.names, prefix: state.iterationPrefix)
        } catch {
            throw OnnxError(.tooLarge, state.node.name, error.message)
        }
        return state.body.prefixed(state.iterationPrefix)
    }

    private mutating func finish(_ state: LoopState) {
        let node = state.node
        var work: [Work] = zip(node.outputs, state.carried).compactMap { output, name in
            output.isEmpty ? nil : Self.alias(output, of: name, node)
        }
        let names = node.outputs.dropFirst(state.carried.count)
        let axes = node.scanned("scan_output_axes", count: names.count)
        let isReverse = node.scanned("scan_output_directions", count: names.count).map { $0 == 1 }
        let outputs = zip(names, state.collected).enumerated().filter { !$0.element.0.isEmpty }.map { index, output in
            (name: output.0, parts: isReverse[index] ? output.1.reversed() : output.1, axis: axes[index])
        }
        if !outputs.isEmpty { work.append(.stack(outputs: outputs)) }
        self.push(work)
    }

    private mutating func scan(_ node: OnnxModel.Node, _ inputs: [Meaning?]) throws(GraphError) {
        if node.opset < 9 { return try self.batchedScan(node, inputs) }
        guard let body = node.subgraphs["body"], case .int(let count)? = node.attributes["num_scan_inputs"],
            count > 0, count <= node.inputs.count, body.inputs.count == node.inputs.count,
            body.outputs.count == node.outputs.count, body.outputs.count >= node.inputs.count - count
        else { throw GraphError(.arity, node.type, "inputs and outputs do not fit the body's") }
        let states = node.inputs.count - count
        for (side, length) in [("input", count), ("output", body.outputs.count - states)] {
            for name in ["scan_\(side)_axes", "scan_\(side)_directions"] {
                guard case .ints(let values)? = node.attributes[name], values.count != length else { continue }
                throw GraphError(.attribute, node.type, "\(name) has \(values.count) numbers, not \(length)")
            }
        }
        let carried = Array(node.inputs.prefix(states))
        self.push([.loop(LoopState(node, body, prefix: self.uniquePrefix(node.name), carried: carried, condition: ""))])
    }

    /// The form of opset 8: a scan of its own for each element of a batch, without lengths of their own.
    private mutating func batchedScan(_ node: OnnxModel.Node, _ inputs: [Meaning?]) throws(GraphError) {
        guard inputs.count > 1, inputs[0] == nil else {
            throw GraphError(.unsupported, node.type, "sequences of different lengths")
        }
        guard let count = inputs[1].flatMap(self.type(of:))?.shape.first, count <= self.model.limits.unrolledNodes else {
            throw GraphError(.shape, node.type, "the first input has no batch axis")
        }
        var attributes = node.attributes
        attributes["scan_input_directions"] = attributes.removeValue(forKey: "directions")
        var work: [Work] = []
        for element in 0..<count {
            let prefix = "\(node.name)/batch \(element)/"
            do throws(OnnxError) {
                try self.define("\(prefix)index", .constant(Tensor([Int64(element)], shape: [])))
            } catch {
                throw GraphError(.structure, node.type, error.message)
            }
            var part = OnnxModel.Node(
                name: "\(prefix)Scan", type: node.type, domain: "", opset: 9, inputs: [],
                outputs: node.outputs.map { $0.isEmpty ? "" : prefix + $0 }, attributes: attributes)
            part.subgraphs = node.subgraphs
            for (position, input) in node.inputs.enumerated().dropFirst() {
                let name = "\(prefix)input \(position)"
                part.inputs.append(name)
                work.append(
                    .node(
                        OnnxModel.Node(
                            name: name, type: "Gather", domain: "", opset: node.opset, inputs: [input, "\(prefix)index"],
                            outputs: [name], attributes: [:])))
            }
            work.append(.node(part))
        }
        let outputs = node.outputs.filter { !$0.isEmpty }.map { name in
            (name: name, parts: (0..<count).map { "\(node.name)/batch \($0)/\(name)" }, axis: 0)
        }
        self.push(work + [.stack(outputs: outputs)])
    }

    private mutating func scanStep(_ state: LoopState) throws(OnnxError) -> String? {
        let node = state.node
        let scanned = node.inputs.dropFirst(state.carried.count)
        let axes = node.scanned("scan_input_axes", count: scanned.count)
        let isReverse = node.scanned("scan_input_directions", count: scanned.count).map { $0 == 1 }
        var length: Int?
        for (name, axis) in zip(scanned, axes) {
            let shape = self.type(of: try self.meaning(name, in: node.name))?.shape ?? []
            guard axis >= -shape.count, axis < shape.count else {
                throw OnnxError(.structure, node.name, "\(name) has no axis \(axis)")
            }
            let size = shape[axis < 0 ? axis + shape.count : axis]
            guard size == length ?? size else { throw OnnxError(.structure, node.name, "\(name) has not the others' length") }
            length = size
        }
        guard state.iteration < length ?? 0 else {
            self.finish(state)
            return nil
        }
        let body = try self.iteration(of: state)
        for (inner, outer) in zip(body.inputs, state.carried) {
            try self.define(inner, try self.meaning(outer, in: node.name))
        }
        var work: [Work] = []
        // No names of a body begin like these.
        let fromStart = "\(state.iterationPrefix)#index"
        let fromEnd = "\(state.iterationPrefix)#index from the end"
        try self.define(fromStart, .constant(Tensor([Int64(state.iteration)], shape: [])))
        try self.define(fromEnd, .constant(Tensor([-1 - Int64(state.iteration)], shape: [])))
        for (place, (inner, outer)) in zip(body.inputs.dropFirst(state.carried.count), scanned).enumerated() {
            let index = isReverse[place] ? fromEnd : fromStart
            work.append(
                .node(
                    OnnxModel.Node(
                        name: inner, type: "Gather", domain: "", opset: node.opset, inputs: [outer, index], outputs: [inner],
                        attributes: ["axis": .int(axes[place])])))
        }
        var next = state
        next.iteration += 1
        next.carried = Array(body.outputs.prefix(state.carried.count))
        do throws(GraphError) {
            try self.inline(body, before: work, then: [.loop(next)])
        } catch {
            throw OnnxError(error, at: node)
        }
        return nil
    }

    /// Puts a body's nodes next, and `work` after them.
    mutating func inline(
        _ body: OnnxModel.Subgraph, before: [Work] = [], then work: [Work]
    ) throws(GraphError) {
        for (name, tensor) in body.initializers {
            do throws(OnnxError) {
                try self.define(name, .constant(tensor))
            } catch {
                throw GraphError(.structure, error.subject, error.message)
            }
        }
        self.push(before + body.nodes.map { .node($0) } + work)
    }

    /// Another name for a value.
    private static func alias(_ name: String, of value: String, _ node: OnnxModel.Node) -> Work {
        .node(
            OnnxModel.Node(
                name: name, type: "Identity", domain: "", opset: node.opset, inputs: [value], outputs: [name], attributes: [:]))
    }
}

extension OnnxModel.Node {
    /// A list of `Scan` with a number for each scanned value, all 0 when it is absent.
    fileprivate func scanned(_ name: String, count: Int) -> [Int] {
        guard case .ints(let values)? = self.attributes[name], values.count == count else {
            return [Int](repeating: 0, count: count)
        }
        return values
    }
}
