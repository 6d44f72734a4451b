import Graph

/// Builds a graph from a model's nodes, one after the other.
struct GraphImporter {
    /// What a name of the file stands for.
    enum Meaning {
        case value(ValueID)
        /// Enters the graph when an operator reads it, under the name that it was first given.
        case constant(Tensor, name: String? = nil)
        /// The mask of a dropout that does nothing: nobody may read it.
        case absent
    }

    let model: OnnxModel
    let table: OnnxTable
    var graph = Graph()
    private var meanings: [String: Meaning] = [:]
    /// Values of the constants that are in the graph, by the name in the file.
    private var constants: [String: ValueID] = [:]
    /// Every output of every node, to tell a wrong order from a name that nobody makes.
    private let outputs: Set<String>

    init(_ model: OnnxModel, _ table: OnnxTable) {
        self.model = model
        self.table = table
        self.outputs = Set(model.nodes.flatMap(\.outputs))
    }

    mutating func addInputs(_ inputs: [(name: String, type: TensorType)]) throws(OnnxError) {
        for (name, type) in inputs { try self.define(name, .value(self.graph.input(name, type))) }
    }

    /// Initializers enter the graph before any node, so that their names stay free of suffixes.
    mutating func define(initializer name: String, _ tensor: Tensor) throws(OnnxError) {
        try self.define(name, .constant(tensor))
        self.constants[name] = self.graph.constant(tensor, name: name)
    }

    /// Gives a name its only meaning; an empty name is an output that nobody wants.
    mutating func define(_ name: String, _ meaning: Meaning) throws(OnnxError) {
        guard !name.isEmpty else { return }
        var meaning = meaning
        if case .constant(let tensor, name: nil) = meaning { meaning = .constant(tensor, name: name) }
        guard self.meanings.updateValue(meaning, forKey: name) == nil else {
            throw OnnxError(.structure, name, "two values have this name")
        }
    }

    func meaning(_ name: String, in node: OnnxModel.Node) throws(OnnxError) -> Meaning {
        guard let meaning = self.meanings[name] else {
            let reason =
                self.outputs.contains(name)
                ? "reads \(name) before it is made: the nodes are not in order or form a cycle"
                : "reads \(name), which nothing makes"
            throw OnnxError(.structure, node.name, reason)
        }
        if case .absent = meaning { throw OnnxError(.unsupported, node.name, "reads \(name), the mask of a dropout") }
        return meaning
    }

    func type(of meaning: Meaning) -> TensorType? {
        switch meaning {
        case .value(let id): self.graph[id].type
        case .constant(let tensor, _): tensor.type
        case .absent: nil
        }
    }

    /// The value that a name stands for; a constant enters the graph now.
    mutating func value(_ alias: String, _ meaning: Meaning) -> ValueID? {
        switch meaning {
        case .value(let id): return id
        case .absent: return nil
        case .constant(let tensor, let first):
            let name = first ?? alias
            if let known = self.constants[name] { return known }
            let id = self.graph.constant(tensor, name: name)
            self.constants[name] = id
            return id
        }
    }

    mutating func add(_ node: OnnxModel.Node) throws(OnnxError) {
        let inputs = try node.inputs.map { (name) throws(OnnxError) in
            name.isEmpty ? nil : try self.meaning(name, in: node)
        }
        let resolved: [Meaning]?
        do throws(GraphError) {
            resolved = try self.resolved(node, inputs)
        } catch {
            throw OnnxError(error.at(node: node.name))
        }
        if let resolved {
            try self.define(resolved, of: node)
        } else {
            try self.define(try self.applied(node, inputs), of: node)
        }
    }

    private mutating func define(_ meanings: [Meaning], of node: OnnxModel.Node) throws(OnnxError) {
        let extra = node.outputs.dropFirst(meanings.count).filter { !$0.isEmpty }
        guard extra.isEmpty else {
            throw OnnxError(.unsupported, node.name, "output \(extra[0]) of \(node.type) is not computed here")
        }
        for (name, meaning) in zip(node.outputs, meanings) { try self.define(name, meaning) }
    }

    /// The node's operator, applied.
    private mutating func applied(_ node: OnnxModel.Node, _ inputs: [Meaning?]) throws(OnnxError) -> [Meaning] {
        guard let type = self.table[node.type] else {
            throw OnnxError(.unsupportedOperator, node.name, "\(node.type) is only supported on constant sizes")
        }
        var reader = OnnxReader(
            type: node.type, opset: self.model.opset, attributes: node.attributes,
            inputs: inputs.map { $0.flatMap(self.type(of:)) }, constants: inputs.map(Self.constant),
            outputCount: node.outputs.count)
        do throws(GraphError) {
            let op = try type.init(onnx: &reader)
            guard reader.unread.isEmpty else {
                let names = reader.unread.joined(separator: ", ")
                throw GraphError(.unsupported, node.type, "attributes that are not supported: \(names)")
            }
            var ids: [ValueID?] = []
            for (index, name) in node.inputs.enumerated() where !reader.consumed.contains(index) {
                ids.append(inputs[index].flatMap { self.value(name, $0) })
            }
            while let last = ids.last, last == nil { ids.removeLast() }
            let outputs = try self.graph.append(op, ids, name: node.name)
            for id in outputs { try self.check(self.graph[id]) }
            return outputs.map { .value($0) }
        } catch {
            throw OnnxError(error.at(node: node.name))
        }
    }

    private func check(_ value: Value) throws(GraphError) {
        do throws(OnnxError) {
            try self.model.limits.check(value.type, value.name)
        } catch {
            throw GraphError(.shape, value.name, error.message)
        }
    }

    static func constant(_ meaning: Meaning?) -> Tensor? {
        if case .constant(let tensor, _)? = meaning { tensor } else { nil }
    }

    /// The finished graph with the model's outputs, without what they do not need.
    mutating func finish(binding: [String: Int]) throws(OnnxError) -> Graph {
        guard !self.model.outputs.isEmpty else { throw OnnxError(.structure, self.model.name, "the model has no outputs") }
        for port in self.model.outputs {
            guard let meaning = self.meanings[port.name], let id = self.value(port.name, meaning) else {
                throw OnnxError(.structure, port.name, "nothing makes this output")
            }
            try port.check(self.graph[id].type, binding: binding)
            self.graph.output(port.name, id)
        }
        do throws(GraphError) {
            let graph = try self.graph.withoutDeadNodes()
            try graph.verify(after: "import")
            return graph
        } catch {
            throw OnnxError(.structure, error.subject, error.message)
        }
    }
}

extension OnnxPort {
    /// Throws when a value contradicts what the file declares.
    fileprivate func check(_ type: TensorType, binding: [String: Int]) throws(OnnxError) {
        let fits =
            self.dataType == type.dataType
            && (self.dimensions.map { dimensions in
                dimensions.count == type.rank
                    && zip(dimensions, type.shape).allSatisfy { dimension, size in
                        switch dimension {
                        case .fixed(let wanted): wanted == size
                        case .symbolic(let name): binding[name].map { $0 == size } ?? true
                        case .unknown: true
                        }
                    }
            } ?? true)
        guard fits else { throw OnnxError(.structure, self.name, "the file declares \(self), the nodes make \(type)") }
    }
}
