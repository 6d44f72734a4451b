/// A graph being rewritten into another, node by node.
package struct Rewriter: Sendable {
    /// The graph that is read.
    package let old: Graph
    /// The graph that grows.
    package var new = Graph()
    private var map: [ValueID: ValueID] = [:]
    /// For each old value the nodes that read it.
    private let readers: [ValueID: [Int]]
    private let escaping: Set<ValueID>

    fileprivate init(_ old: Graph) {
        self.old = old
        self.readers = old.readers()
        self.escaping = Set(old.outputs.map(\.value) + old.updates.map(\.value))
    }

    /// The new value that stands for an old one.
    package subscript(_ id: ValueID) -> ValueID {
        guard let new = self.map[id] else { preconditionFailure("value \(self.old[id].name) is not rewritten yet") }
        return new
    }

    /// The new values that stand for a node's inputs.
    package func mapped(_ ids: [ValueID?]) -> [ValueID?] { ids.map { $0.map { self[$0] } } }

    /// The nodes of the old graph that read a value.
    package func readers(of id: ValueID) -> [Node] { self.readers[id, default: []].map { self.old.nodes[$0] } }

    /// The value is a result of the graph, or what a parameter becomes.
    package func isOutput(_ id: ValueID) -> Bool { self.escaping.contains(id) }

    /// Exactly one node reads the value and nothing outside the graph does: it can be fused away.
    package func hasOneReader(_ id: ValueID) -> Bool {
        self.readers[id, default: []].count == 1 && !self.escaping.contains(id)
    }

    /// Copies a node as it is.
    package mutating func copy(_ node: Node) throws(GraphError) -> [ValueID] {
        try self.new.append(node.op, self.mapped(node.inputs), name: node.name)
    }

    fileprivate mutating func begin() {
        for id in self.old.values.indices.map(ValueID.init(index:)) {
            let value = self.old[id]
            switch value.origin {
            case .input: self.map[id] = self.new.input(value.name, value.type)
            case .parameter: self.map[id] = self.new.parameter(value.name, value.type)
            case .constant(let tensor): self.map[id] = self.new.constant(tensor, name: value.name)
            case .node: break
            }
        }
    }

    fileprivate mutating func bind(_ node: Node, to values: [ValueID]) {
        precondition(values.count == node.outputs.count, "\(node.name) needs \(node.outputs.count) replacements")
        for (old, new) in zip(node.outputs, values) { self.map[old] = new }
    }

    fileprivate mutating func finish() -> Graph {
        for output in self.old.outputs { self.new.output(output.name, self[output.value]) }
        for update in self.old.updates { self.new.update(self[update.parameter], to: self[update.value]) }
        return self.new
    }
}

extension Graph {
    /// For each value the indices of the nodes that read it, in order.
    package func readers() -> [ValueID: [Int]] {
        var readers: [ValueID: [Int]] = [:]
        for (index, node) in self.nodes.enumerated() {
            for case let id? in node.inputs { readers[id, default: []].append(index) }
        }
        return readers
    }

    /// A new graph made by asking `body` about each node in order: it returns the node's new outputs, or nil to copy
    /// the node. What nobody reads afterwards is dropped; inputs and parameters stay.
    package func rewritten(
        _ body: (inout Rewriter, Node) throws(GraphError) -> [ValueID]?
    ) throws(GraphError) -> Graph {
        var rewriter = Rewriter(self)
        rewriter.begin()
        for node in self.nodes {
            let replacement = try body(&rewriter, node)
            let values = if let replacement { replacement } else { try rewriter.copy(node) }
            rewriter.bind(node, to: values)
        }
        return try rewriter.finish().withoutDeadNodes()
    }

    /// The same graph without nodes and constants whose results nobody reads.
    package func withoutDeadNodes() throws(GraphError) -> Graph {
        var live = Set(self.outputs.map(\.value) + self.updates.map(\.value))
        for node in self.nodes.reversed() where node.outputs.contains(where: live.contains) {
            for case let id? in node.inputs { live.insert(id) }
        }
        return try self.copied(inputTypes: [:], keeping: live)
    }

    /// The same computation for inputs of other types (another batch size, say); inputs not named keep theirs.
    package func retyped(_ types: [String: TensorType]) throws(GraphError) -> Graph {
        try self.copied(inputTypes: types, keeping: nil)
    }

    private func copied(inputTypes: [String: TensorType], keeping live: Set<ValueID>?) throws(GraphError) -> Graph {
        var copy = Graph()
        var map: [ValueID: ValueID] = [:]
        for id in self.values.indices.map(ValueID.init(index:)) {
            let value = self[id]
            switch value.origin {
            case .input: map[id] = copy.input(value.name, inputTypes[value.name] ?? value.type)
            case .parameter: map[id] = copy.parameter(value.name, value.type)
            case .constant(let tensor):
                if live?.contains(id) ?? true { map[id] = copy.constant(tensor, name: value.name) }
            case .node: break
            }
        }
        for node in self.nodes where live.map({ node.outputs.contains(where: $0.contains) }) ?? true {
            let outputs = try copy.append(node.op, node.inputs.map { $0.flatMap { map[$0] } }, name: node.name)
            for (old, new) in zip(node.outputs, outputs) { map[old] = new }
        }
        for output in self.outputs {
            if let value = map[output.value] { copy.output(output.name, value) }
        }
        for update in self.updates {
            if let parameter = map[update.parameter], let value = map[update.value] { copy.update(parameter, to: value) }
        }
        return copy
    }
}
