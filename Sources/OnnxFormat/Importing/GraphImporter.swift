import Graph

/// Builds a graph from a model's nodes, one after the other.
struct GraphImporter {
    /// What a name of the file stands for.
    enum Meaning {
        case value(ValueID)
        /// Enters the graph when an operator reads it, under the name that it was first given.
        case constant(Tensor, name: String? = nil)
        /// What a node would make that is not supported; reading goes on to find the others.
        case unknown
        /// Tensors, values or constants each.
        case list([Meaning])
        /// An optional without a value; one with a value means that value.
        case nothing
    }

    /// What remains to be read.
    enum Work {
        case node(OnnxModel.Node)
        case loop(LoopState)
        /// A loop's results once its last iteration is in the graph.
        case stack(outputs: [(name: String, parts: [String], axis: Int)])
        /// A list of what has a name each.
        case list(name: String, parts: [String])
    }

    let model: OnnxModel
    let table: OnnxTable
    var graph = Graph()
    /// Last first.
    private var pending: [Work]
    private var meanings: [String: Meaning] = [:]
    /// Values of the constants that are in the graph, by the name in the file.
    private var constants: [String: ValueID] = [:]
    /// Nodes that were read, and those that one of them was replaced by beyond the first.
    private var nodeCount = 0
    private var stageCount = 0
    /// Bytes of renamed names, and of constants that were worked out.
    private var nameBytes = 0
    private var constantBytes = 0
    /// Prefixes that were given to the names of bodies, and how often one was wanted.
    private var prefixes: Set<String> = []
    private var prefixCounts: [String: Int] = [:]
    private var unsupported: [OnnxError] = []

    init(_ model: OnnxModel, _ table: OnnxTable) {
        self.model = model
        self.table = table
        self.pending = model.nodes.reversed().map { .node($0) }
    }

    /// - Parameter types: of the tensors that a run gives for the ports, by name.
    mutating func addInputs(_ types: [(name: String, type: TensorType)], of ports: [OnnxPort]) throws(OnnxError) {
        var values: [String: Meaning] = [:]
        for (name, type) in types { values[name] = .value(self.graph.input(name, type)) }
        let given = Set(values.keys)
        for port in ports {
            let parts = port.names(among: given).compactMap { values[$0] }
            let meaning: Meaning =
                switch port.kind {
                case .tensor, .optionalTensor: parts.first ?? .nothing
                case .sequence: .list(parts)
                case .optionalSequence: parts.isEmpty ? .nothing : .list(parts)
                }
            try self.define(port.name, meaning)
        }
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

    func meaning(_ name: String, in node: String) throws(OnnxError) -> Meaning {
        guard let meaning = self.meanings[name] else {
            let isMadeLater = self.pending.contains { work in
                if case .node(let node) = work { node.outputs.contains(name) } else { false }
            }
            let reason =
                isMadeLater
                ? "reads \(name) before it is made: the nodes are not in order or form a cycle"
                : "reads \(name), which nothing makes"
            throw OnnxError(.structure, node, reason)
        }
        return meaning
    }

    func type(of meaning: Meaning) -> TensorType? {
        switch meaning {
        case .value(let id): self.graph[id].type
        case .constant(let tensor, _): tensor.type
        case .unknown, .list, .nothing: nil
        }
    }

    /// The value that a name stands for; a constant enters the graph now.
    mutating func value(_ alias: String, _ meaning: Meaning) -> ValueID? {
        switch meaning {
        case .value(let id): return id
        case .unknown, .list, .nothing: return nil
        case .constant(let tensor, let first):
            let name = first ?? alias
            if let known = self.constants[name] { return known }
            let id = self.graph.constant(tensor, name: name)
            self.constants[name] = id
            return id
        }
    }

    /// Puts work before what is pending, in order.
    mutating func push(_ work: [Work]) { self.pending.append(contentsOf: work.reversed()) }

    /// Reads nodes until none is left or one needs a value that is not known; returns that value's name.
    mutating func importPending() throws(OnnxError) -> String? {
        while let work = self.pending.popLast() {
            try self.charge(nodes: 1)
            let before = self.graph.nodes.count
            let demand: String?
            switch work {
            case .node(let node): demand = try self.add(node)
            case .loop(let state): demand = try self.step(state)
            case .stack(let outputs):
                for output in outputs { try self.stack(output.name, output.parts, axis: output.axis) }
                demand = nil
            case .list(let name, let parts):
                try self.define(name, .list(try parts.map { (part) throws(OnnxError) in try self.meaning(part, in: name) }))
                demand = nil
            }
            try self.charge(nodes: max(self.graph.nodes.count - before - 1, 0))
            if let demand {
                try self.refuseUnsupported()
                guard case .value? = self.meanings[demand] else {
                    throw OnnxError(.structure, self.model.name, "needs a value that is never known: '\(demand)'")
                }
                self.pending.append(work)
                return demand
            }
        }
        return nil
    }

    /// Throws one error for all nodes that are not supported.
    private func refuseUnsupported() throws(OnnxError) {
        guard let first = self.unsupported.first else { return }
        guard self.unsupported.count > 1 else { throw first }
        let listed = self.unsupported.prefix(32).map(\.description)
        let more = self.unsupported.count - listed.count
        throw OnnxError(
            .node, self.model.name,
            "\(self.unsupported.count) nodes are not supported: \(listed.joined(separator: "; "))\(more > 0 ? "; and \(more) more" : "")"
        )
    }

    /// A prefix for the names of a body that no other body has.
    mutating func uniquePrefix(_ name: String) -> String {
        var prefix = "\(name)/"
        while !self.prefixes.insert(prefix).inserted {
            self.prefixCounts[name, default: 0] += 1
            prefix = "\(name)_\(self.prefixCounts[name, default: 0])/"
        }
        return prefix
    }

    /// Counts nodes that have been read, or that one has been replaced by.
    private mutating func charge(nodes count: Int) throws(OnnxError) {
        self.nodeCount += count
        let most = self.model.limits.unrolledNodes
        guard self.nodeCount - self.model.nodes.count <= most else {
            throw OnnxError(.tooLarge, self.model.name, "more than \(most) nodes beyond the file's once loops are unrolled")
        }
    }

    /// Counts the names that a body gets before they are made.
    mutating func charge(_ names: OnnxModel.NameSize, prefix: String) throws(GraphError) {
        self.nameBytes += names.byteCount + names.count * (prefix.utf8.count + 32)
        guard self.nameBytes <= self.model.limits.expandedBytes else {
            throw GraphError(
                .structure, prefix, "names of more than \(self.model.limits.expandedBytes) bytes once loops are unrolled")
        }
    }

    /// Counts a constant that was worked out, before it is made.
    mutating func charge(constant type: TensorType) throws(GraphError) {
        self.constantBytes += type.byteCount
        guard self.constantBytes <= self.model.limits.expandedBytes else {
            throw GraphError(.shape, "constants", "more than \(self.model.limits.expandedBytes) bytes are worked out")
        }
    }

    /// Counts a list, which every insertion copies.
    mutating func charge(list count: Int) throws(GraphError) {
        self.constantBytes += count * MemoryLayout<Meaning>.stride
        guard self.constantBytes <= self.model.limits.expandedBytes else {
            throw GraphError(.shape, "lists", "more than \(self.model.limits.expandedBytes) bytes are worked out")
        }
    }

    /// Ends the graph here: its outputs are the wanted value and all that the pending work reads.
    mutating func cut(for wanted: String) throws(OnnxError) -> (graph: Graph, wanted: String) {
        self.stageCount += 1
        guard self.stageCount <= self.model.limits.stages else {
            throw OnnxError(
                .tooLarge, self.model.name, "more than \(self.model.limits.stages) parts that must run one after the other")
        }
        var names = self.pending.reduce(into: Set(self.model.outputs.map(\.name))) { $0.formUnion($1.readNames) }
        names.insert(wanted)
        var alive: [String: Meaning] = [:]
        for name in names.sorted() {
            switch self.meanings[name] {
            case .value(let id)?:
                self.graph.output(name, id)
                alive[name] = .value(id)
            case .list(let parts)?:
                for case .value(let id) in parts where !self.graph.outputs.contains(where: { $0.value == id }) {
                    var partName = self.graph[id].name
                    while names.contains(partName) { partName += "_" }
                    names.insert(partName)
                    self.graph.output(partName, id)
                }
                alive[name] = .list(parts)
            case .constant?, .unknown?, .nothing?, nil: break
            }
        }
        let outputs = self.graph.outputs
        let finished = try self.finished()
        self.graph = Graph()
        self.constants = [:]
        self.meanings = self.meanings.filter {
            switch $0.value {
            case .value, .list: false
            case .constant, .unknown, .nothing: true
            }
        }
        var inputs: [String: Meaning] = [:]
        var parts: [ValueID: Meaning] = [:]
        var listed: Set<ValueID> = []
        for case .list(let parts) in alive.values {
            for case .value(let id) in parts { listed.insert(id) }
        }
        for (output, new) in zip(outputs, finished.outputs) where output.name != wanted || listed.contains(output.value) {
            let input = Meaning.value(self.graph.input(output.name, finished[new.value].type))
            inputs[output.name] = input
            parts[output.value] = input
        }
        for (name, meaning) in alive where name != wanted {
            switch meaning {
            case .list(let old):
                self.meanings[name] = .list(
                    old.map { part in if case .value(let id) = part { parts[id] ?? part } else { part } })
            default: self.meanings[name] = inputs[name]
            }
        }
        return (finished, wanted)
    }

    /// Gives a name the value that was found by running what comes before it.
    mutating func resolve(_ name: String, _ value: Tensor) throws(OnnxError) {
        try self.define(name, .constant(value))
    }

    /// Returns the name of a value that must be known first.
    private mutating func add(_ node: OnnxModel.Node) throws(OnnxError) -> String? {
        let inputs = try node.inputs.map { (name) throws(OnnxError) in
            name.isEmpty ? nil : try self.meaning(name, in: node.name)
        }
        if inputs.contains(where: { if case .unknown? = $0 { true } else { false } }) {
            self.defineUnknown(node)
            return nil
        }
        do throws(GraphError) {
            if let function = self.model.functions[node.qualifiedType] {
                let prefix = self.uniquePrefix(node.name)
                try self.charge(OnnxModel.NameSize(function.nodes), prefix: prefix)
                self.push(try function.expanded(for: node, prefix: prefix).map { .node($0) })
            } else if !node.subgraphs.isEmpty {
                return try self.control(node, inputs)
            } else if let listed = try self.listed(node, inputs) {
                return try self.defining(listed, of: node)
            } else if let resolved = try self.resolved(node, inputs) {
                return try self.defining(resolved, of: node)
            } else {
                return try self.defining(try self.applied(node, inputs), of: node)
            }
            return nil
        } catch {
            switch error.code {
            case .valueNeeded(let index) where index < node.inputs.count: return node.inputs[index]
            case .unsupported:
                self.unsupported.append(OnnxError(error, at: node))
                self.defineUnknown(node)
                return nil
            default: throw OnnxError(error, at: node)
            }
        }
    }

    private mutating func defineUnknown(_ node: OnnxModel.Node) {
        for name in node.outputs where !name.isEmpty && self.meanings[name] == nil { self.meanings[name] = .unknown }
    }

    private mutating func defining(_ meanings: [Meaning], of node: OnnxModel.Node) throws(GraphError) -> String? {
        do throws(OnnxError) {
            try self.define(meanings, of: node)
        } catch {
            throw GraphError(
                error.code == .structure ? .structure : .unsupported, node.type, "\(error.subject): \(error.message)")
        }
        return nil
    }

    private mutating func define(_ meanings: [Meaning], of node: OnnxModel.Node) throws(OnnxError) {
        let extra = node.outputs.dropFirst(meanings.count).filter { !$0.isEmpty }
        guard extra.isEmpty else {
            throw OnnxError(.unsupported, node.name, "output \(extra[0]) of \(node.type) is not computed here")
        }
        for (name, meaning) in zip(node.outputs, meanings) { try self.define(name, meaning) }
    }

    /// The node's operator, applied.
    private mutating func applied(_ node: OnnxModel.Node, _ inputs: [Meaning?]) throws(GraphError) -> [Meaning] {
        var reader = OnnxReader(
            type: node.type, opset: node.opset, attributes: node.attributes,
            inputs: inputs.map { $0.flatMap(self.type(of:)) }, constants: inputs.map(Self.constant),
            outputCount: node.outputs.count)
        for case let input? in inputs {
            switch input {
            case .list: throw GraphError(.dataType, node.type, "an input is a list of tensors")
            case .nothing: throw GraphError(.dataType, node.type, "an input is an optional without a value")
            case .value, .constant, .unknown: break
            }
        }
        let first = self.graph.values.count
        let outputs: [ValueID]
        if let composition = try self.table[composition: node.type]?.init(onnx: &reader) {
            let ids = self.operands(node, inputs, reader)
            let made = self.graph.values.count
            outputs = try self.graph.inline(node.name, ids) { (part, inputs) throws(GraphError) in
                try composition.emit(into: &part, inputs)
            }
            for case let tensor? in self.graph.values[made...].map(\.constant) { try self.charge(constant: tensor.type) }
        } else if let op = try self.table[node.type]?.init(onnx: &reader) {
            outputs = try self.graph.append(op, self.operands(node, inputs, reader), name: node.name)
        } else {
            throw GraphError(.unsupported, node.type, "is only supported on constant sizes")
        }
        for value in self.graph.values[first...] { try self.check(value) }
        // What is known now may decide sizes later.
        return outputs.map { id in self.graph[id].constant.map { .constant($0) } ?? .value(id) }
    }

    /// The inputs that the reader left, in the graph. Attributes that it left are noted.
    private mutating func operands(_ node: OnnxModel.Node, _ inputs: [Meaning?], _ reader: OnnxReader) -> [ValueID?] {
        if !reader.unread.isEmpty {
            let names = reader.unread.joined(separator: ", ")
            let error = GraphError(.unsupported, node.type, "attributes that are not supported: \(names)")
            self.unsupported.append(OnnxError(error, at: node))
        }
        var ids: [ValueID?] = []
        for (index, name) in node.inputs.enumerated() where !reader.consumed.contains(index) {
            ids.append(inputs[index].flatMap { self.value(name, $0) })
        }
        while let last = ids.last, last == nil { ids.removeLast() }
        return ids
    }

    /// Applies an operator whose outputs are within the limits.
    mutating func append(_ op: any Operator, _ inputs: [ValueID?], name: String) throws(GraphError) -> [ValueID] {
        let outputs = try self.graph.append(op, inputs, name: name)
        for id in outputs { try self.check(self.graph[id]) }
        return outputs
    }

    /// Joins values along a new axis.
    private mutating func stack(_ name: String, _ parts: [String], axis: Int) throws(OnnxError) {
        do throws(GraphError) {
            var ids: [ValueID?] = []
            for part in parts {
                guard let meaning = self.meanings[part], let id = self.value(part, meaning) else {
                    throw GraphError(.structure, name, "\(part) is not made by the loop")
                }
                ids += try self.append(Unsqueeze(axes: [axis]), [id], name: "\(part)/Unsqueeze")
            }
            guard !ids.isEmpty else {
                throw GraphError(.unsupported, name, "a loop that runs no time has no shape for what it collects")
            }
            for id in try self.append(Concat(axis: axis), ids, name: name) { try self.redefine(name, .value(id)) }
        } catch {
            throw OnnxError(error)
        }
    }

    private mutating func redefine(_ name: String, _ meaning: Meaning) throws(GraphError) {
        guard self.meanings.updateValue(meaning, forKey: name) == nil else {
            throw GraphError(.structure, name, "two values have this name")
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
        try self.refuseUnsupported()
        guard !self.model.outputs.isEmpty else { throw OnnxError(.structure, self.model.name, "the model has no outputs") }
        for port in self.model.outputs {
            switch (self.meanings[port.name], port.kind) {
            case (.nothing?, .optionalTensor), (.nothing?, .optionalSequence): break
            case (.list(let parts)?, .sequence), (.list(let parts)?, .optionalSequence):
                for (index, part) in parts.enumerated() { try self.output(port.elementName(index), part) }
            case (let meaning?, .tensor), (let meaning?, .optionalTensor):
                let type = try self.output(port.name, meaning)
                try port.check(type, binding: binding)
            default: throw OnnxError(.structure, port.name, "nothing makes this output")
            }
        }
        return try self.finished()
    }

    @discardableResult
    private mutating func output(_ name: String, _ meaning: Meaning) throws(OnnxError) -> TensorType {
        guard let id = self.value(name, meaning) else { throw OnnxError(.structure, name, "nothing makes this output") }
        guard !self.graph.outputs.contains(where: { $0.name == name }) else {
            throw OnnxError(.structure, name, "two outputs have this name")
        }
        self.graph.output(name, id)
        return self.graph[id].type
    }

    private func finished() throws(OnnxError) -> Graph {
        do throws(GraphError) {
            let graph = try self.graph.withoutDeadNodes()
            try graph.verify(after: "import")
            return graph
        } catch {
            throw OnnxError(.structure, error.subject, error.message)
        }
    }
}

extension GraphImporter.Work {
    /// Names that the work reads; may name more.
    fileprivate var readNames: Set<String> {
        switch self {
        case .node(let node): node.readNames
        case .loop(let state): state.readNames
        case .stack(let outputs): Set(outputs.flatMap(\.parts))
        case .list(_, let parts): Set(parts)
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
