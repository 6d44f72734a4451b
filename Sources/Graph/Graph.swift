/// A value of one graph.
package struct ValueID: Hashable, Sendable, Comparable {
    package let index: Int

    package init(index: Int) {
        self.index = index
    }

    package static func < (left: ValueID, right: ValueID) -> Bool { left.index < right.index }
}

/// A named, typed tensor of a graph and where it comes from.
package struct Value: Sendable {
    package enum Origin: Sendable {
        /// Given with every run.
        case input
        /// A weight or state, bound by name when the graph is planned.
        case parameter
        case constant(Tensor)
        case node(Int)
    }

    package let name: String
    package let type: TensorType
    package let origin: Origin

    /// The tensor of a constant.
    package var constant: Tensor? {
        if case .constant(let tensor) = self.origin { tensor } else { nil }
    }
}

/// One application of an operator.
package struct Node: Sendable {
    /// Unique; survives passes, so that a wrong number can be traced to a layer.
    package let name: String
    package let op: any Operator
    /// An absent optional input is nil.
    package let inputs: [ValueID?]
    package let outputs: [ValueID]
}

/// A computation over typed values, in ONNX's vocabulary.
///
/// Nodes stand in an order in which they can run; every value has one origin. A graph only grows: passes make new ones.
package struct Graph: Sendable {
    /// A result, under the name that the outside uses.
    package struct Output: Sendable {
        package let name: String
        package let value: ValueID
    }

    /// After a run `parameter` holds what `value` was: how a step changes weights and state.
    package struct Update: Sendable {
        package let parameter: ValueID
        package let value: ValueID
    }

    package private(set) var values: [Value] = []
    package private(set) var nodes: [Node] = []
    package private(set) var inputs: [ValueID] = []
    package private(set) var parameters: [ValueID] = []
    package private(set) var outputs: [Output] = []
    package private(set) var updates: [Update] = []
    private var usedNames: Set<String> = []
    private var nameCounters: [String: Int] = [:]

    package init() {}

    package subscript(_ id: ValueID) -> Value { self.values[id.index] }

    /// The node that makes a value, nil for inputs, parameters and constants.
    package func producer(of id: ValueID) -> Node? {
        if case .node(let index) = self[id].origin { self.nodes[index] } else { nil }
    }

    /// Adds a value that every run is given.
    package mutating func input(_ name: String, _ type: TensorType) -> ValueID {
        let id = self.add(Value(name: self.unique(name), type: type, origin: .input))
        self.inputs.append(id)
        return id
    }

    /// Adds a weight or state; its name is its identity and must be new.
    package mutating func parameter(_ name: String, _ type: TensorType) -> ValueID {
        precondition(!self.usedNames.contains(name), "parameter \(name) exists")
        let id = self.add(Value(name: self.unique(name), type: type, origin: .parameter))
        self.parameters.append(id)
        return id
    }

    package mutating func constant(_ tensor: Tensor, name: String = "constant") -> ValueID {
        self.add(Value(name: self.unique(name), type: tensor.type, origin: .constant(tensor)))
    }

    /// Applies an operator and returns its outputs.
    /// - Parameter name: the node's name, made unique by a suffix; the operator's name when nil.
    package mutating func append(
        _ op: any Operator, _ inputs: [ValueID?], name: String? = nil
    ) throws(GraphError) -> [ValueID] {
        let nodeName = self.unique(name ?? op.name)
        let inputTypes = inputs.map { $0.map { self[$0].type } }
        let types: [TensorType]
        do throws(GraphError) {
            try Swift.type(of: op).schema.check(inputTypes)
            types = try op.outputTypes(inputTypes)
            // Sizes may come from a file: what counts elements and bytes later must not overflow.
            for type in types where TensorType.checkedElementCount(type.shape, byteCount: type.dataType.byteCount) == nil {
                throw GraphError(.shape, op.name, "\(type) is too large")
            }
        } catch {
            throw error.at(node: nodeName)
        }
        let node = self.nodes.count
        let outputNames = Swift.type(of: op).schema.outputs
        let outputs = types.enumerated().map { index, type in
            let suffix = index == 0 ? "" : "." + (index < outputNames.count ? outputNames[index] : String(index))
            return self.add(Value(name: index == 0 ? nodeName : self.unique(nodeName + suffix), type: type, origin: .node(node)))
        }
        self.nodes.append(Node(name: nodeName, op: op, inputs: inputs, outputs: outputs))
        return outputs
    }

    /// Applies an operator with one output.
    package mutating func apply(_ op: any Operator, _ inputs: ValueID?..., name: String? = nil) throws(GraphError) -> ValueID {
        try self.append(op, inputs, name: name)[0]
    }

    package mutating func output(_ name: String, _ value: ValueID) {
        precondition(!self.outputs.contains { $0.name == name }, "output \(name) exists")
        self.outputs.append(Output(name: name, value: value))
    }

    /// Says that after a run `parameter` holds `value`; both have the same type.
    package mutating func update(_ parameter: ValueID, to value: ValueID) {
        precondition(self[parameter].type == self[value].type, "update of \(self[parameter].name) changes its type")
        self.updates.append(Update(parameter: parameter, value: value))
    }

    package func input(named name: String) -> ValueID? { self.inputs.first { self[$0].name == name } }

    package func parameter(named name: String) -> ValueID? {
        self.parameters.first { self[$0].name == name }
    }

    private mutating func add(_ value: Value) -> ValueID {
        self.values.append(value)
        return ValueID(index: self.values.count - 1)
    }

    private mutating func unique(_ name: String) -> String {
        var candidate = name
        while !self.usedNames.insert(candidate).inserted {
            self.nameCounters[name, default: 0] += 1
            candidate = "\(name)_\(self.nameCounters[name, default: 0])"
        }
        return candidate
    }
}
