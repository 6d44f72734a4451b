import Graph

extension OnnxModel.Subgraph {
    /// Names that the subgraph itself gives a meaning.
    var ownNames: Set<String> {
        Set(self.inputs).union(self.initializers.map(\.name)).union(self.nodes.flatMap(\.outputs)).subtracting([""])
    }

    /// The subgraph with a prefix before each of its own names, so that it can stand among other nodes.
    func prefixed(_ prefix: String) -> OnnxModel.Subgraph {
        self.renamed(Dictionary(uniqueKeysWithValues: self.ownNames.map { ($0, prefix + $0) }), prefix: prefix)
    }

    fileprivate func renamed(_ names: [String: String], prefix: String) -> OnnxModel.Subgraph {
        var copy = self
        copy.inputs = self.inputs.map { names[$0] ?? $0 }
        copy.outputs = self.outputs.map { names[$0] ?? $0 }
        copy.initializers = self.initializers.map { (names[$0.name] ?? $0.name, $0.tensor) }
        copy.nodes = self.nodes.map { $0.renamed(names, prefix: prefix) }
        return copy
    }

    /// Names from around the subgraph that it reads; may name a few of its own.
    var readNames: Set<String> {
        self.nodes.reduce(into: Set(self.outputs)) { $0.formUnion($1.readNames) }
    }

    /// Every node, those of subgraphs included.
    var allNodes: [OnnxModel.Node] { self.nodes.flatMap(\.withInnerNodes) }
}

extension OnnxModel.Node {
    /// Names that the node or its subgraphs read.
    var readNames: Set<String> {
        self.subgraphs.values.reduce(into: Set(self.inputs)) { $0.formUnion($1.readNames) }
    }

    /// The node and the nodes of its subgraphs.
    var withInnerNodes: [OnnxModel.Node] { [self] + self.subgraphs.values.flatMap(\.allNodes) }

    /// The node under other names; a subgraph's own names hide those around it.
    func renamed(_ names: [String: String], prefix: String) -> OnnxModel.Node {
        var copy = self
        copy.name = prefix + self.name
        copy.inputs = self.inputs.map { names[$0] ?? $0 }
        copy.outputs = self.outputs.map { names[$0] ?? $0 }
        copy.subgraphs = self.subgraphs.mapValues { inner in
            let hidden = Set(inner.inputs).union(inner.initializers.map(\.name)).union(inner.nodes.flatMap(\.outputs))
            var body = inner
            let visible = names.filter { !hidden.contains($0.key) }
            body = inner.renamed(visible, prefix: "")
            return body
        }
        return copy
    }

    /// The node with the values that a function's caller gave for the attributes that it refers to.
    func resolved(_ given: [String: OnnxValue]) -> OnnxModel.Node {
        var copy = self
        for (name, reference) in self.references { copy.attributes[name] = given[reference] }
        copy.references = [:]
        copy.subgraphs = self.subgraphs.mapValues { inner in
            var body = inner
            body.nodes = inner.nodes.map { $0.resolved(given) }
            return body
        }
        return copy
    }
}

extension OnnxModel.Function {
    /// The nodes that stand for one call; names of the function's own get the call's name before them.
    ///
    /// - Parameter prefix: ends with a slash.
    func expanded(for call: OnnxModel.Node, prefix: String) throws(GraphError) -> [OnnxModel.Node] {
        guard call.inputs.count <= self.inputs.count, call.outputs.count <= self.outputs.count else {
            throw GraphError(.arity, call.type, "the function takes \(self.inputs.count) inputs, \(self.outputs.count) outputs")
        }
        let known = Set(self.attributes).union(self.defaults.keys)
        if let stranger = call.attributes.keys.sorted().first(where: { !known.contains($0) }) {
            throw GraphError(.attribute, call.type, "the function has no attribute \(stranger)")
        }
        var names: [String: String] = [:]
        for name in Set(self.nodes.flatMap(\.outputs)) where !name.isEmpty { names[name] = prefix + name }
        for (index, name) in self.inputs.enumerated() { names[name] = index < call.inputs.count ? call.inputs[index] : "" }
        let given = self.defaults.merging(call.attributes) { $1 }
        var nodes = self.nodes.map { $0.resolved(given).renamed(names, prefix: prefix) }
        for (index, output) in call.outputs.enumerated() where !output.isEmpty {
            nodes.append(
                OnnxModel.Node(
                    name: output, type: "Identity", domain: "", opset: call.opset, inputs: [names[self.outputs[index]] ?? ""],
                    outputs: [output], attributes: [:]))
        }
        return nodes
    }
}

extension OnnxModel {
    /// How many names a body has and how long they are: what renaming them costs.
    struct NameSize: Sendable {
        private(set) var count = 0
        private(set) var byteCount = 0

        init(_ nodes: [Node]) {
            for node in nodes.flatMap(\.withInnerNodes) { self.add([node.name] + node.inputs + node.outputs) }
        }

        init(_ body: Subgraph) {
            self.init(body.nodes)
            self.add(body.inputs + body.outputs + body.initializers.map(\.name))
        }

        private mutating func add(_ names: [String]) {
            self.count += names.count
            self.byteCount += names.reduce(0) { $0 + $1.utf8.count }
        }
    }

    /// Throws when a function calls itself, by itself or through others: its body has no end.
    func refuseRecursion() throws(OnnxError) {
        let calls = self.functions.mapValues { function in
            Set(function.nodes.flatMap(\.withInnerNodes).map(\.qualifiedType)).filter { self.functions[$0] != nil }
        }
        var callers: [String: [String]] = [:]
        for (name, called) in calls {
            for inner in called { callers[inner, default: []].append(name) }
        }
        // Functions are taken out once all that they call are; what remains calls itself.
        var open = calls.mapValues(\.count)
        var ready = open.filter { $0.value == 0 }.map(\.key)
        while let name = ready.popLast() {
            open[name] = nil
            for caller in callers[name, default: []] {
                open[caller, default: 0] -= 1
                if open[caller] == 0 { ready.append(caller) }
            }
        }
        if let name = open.keys.min() { throw OnnxError(.structure, name, "the function calls itself") }
    }
}
