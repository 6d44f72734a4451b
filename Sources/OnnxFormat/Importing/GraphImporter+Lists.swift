import Graph

/// Lists of tensors and optionals: their length is known when a model is read, so their operators need no computing.
extension GraphImporter {
    /// Operators on lists and optionals that `listed` knows.
    static let listOperators: Set<String> = [
        "ConcatFromSequence", "Optional", "OptionalGetElement", "OptionalHasElement", "SequenceAt", "SequenceConstruct",
        "SequenceEmpty", "SequenceErase", "SequenceInsert", "SequenceLength", "SplitToSequence",
    ]

    /// What a node on lists or optionals stands for. Nil for other nodes.
    mutating func listed(_ node: OnnxModel.Node, _ inputs: [Meaning?]) throws(GraphError) -> [Meaning]? {
        guard Self.listOperators.contains(node.type), node.domain.isEmpty else { return nil }
        switch node.type {
        case "ConcatFromSequence": return [try self.joined(node, inputs)]
        case "SplitToSequence": return [try self.split(node, inputs)]
        case "SequenceEmpty":
            try Self.allow(["dtype"], in: node)
            return [.list([])]
        default: try Self.allow([], in: node)
        }
        let first = inputs.first ?? nil
        switch node.type {
        case "Optional": return [first ?? .nothing]
        case "OptionalHasElement":
            let isThere = if case .nothing? = first { false } else { first != nil }
            return [.constant(Tensor(bools: [isThere], shape: []))]
        case "OptionalGetElement":
            if case .nothing? = first { throw GraphError(.structure, node.type, "the optional has no value") }
            return [try Self.required(inputs, 0, node)]
        case "SequenceConstruct":
            var parts: [Meaning] = []
            for index in inputs.indices { parts.append(try self.tensor(inputs, index, node)) }
            return [.list(parts)]
        default: break
        }
        var list = try Self.list(inputs, node)
        switch node.type {
        case "SequenceLength": return [.constant(Tensor([Int64(list.count)], shape: []))]
        case "SequenceAt": return [list[try Self.place(inputs, 1, node, count: list.count, standard: -1)]]
        case "SequenceErase": list.remove(at: try Self.place(inputs, 1, node, count: list.count, standard: list.count - 1))
        default:
            let place = try Self.place(inputs, 2, node, count: list.count + 1, standard: list.count, size: list.count)
            list.insert(try self.tensor(inputs, 1, node), at: place)
        }
        try self.charge(list: list.count)
        return [.list(list)]
    }

    private static func list(_ inputs: [Meaning?], _ node: OnnxModel.Node) throws(GraphError) -> [Meaning] {
        guard case .list(let list) = try Self.required(inputs, 0, node) else {
            throw GraphError(.dataType, node.type, "input 0 is no list of tensors")
        }
        return list
    }

    private func tensor(_ inputs: [Meaning?], _ index: Int, _ node: OnnxModel.Node) throws(GraphError) -> Meaning {
        let meaning = try Self.required(inputs, index, node)
        guard self.type(of: meaning) != nil else { throw GraphError(.dataType, node.type, "input \(index) is no tensor") }
        return meaning
    }

    /// A place in a list, possibly counted from the end.
    /// - Parameters:
    ///   - count: places that there are.
    ///   - standard: where there is no input.
    ///   - size: what negative numbers count from; `count` when nil.
    private static func place(
        _ inputs: [Meaning?], _ index: Int, _ node: OnnxModel.Node, count: Int, standard: Int, size: Int? = nil
    ) throws(GraphError) -> Int {
        var place = standard
        if index < inputs.count, let input = inputs[index] {
            guard let tensor = Self.constant(input) else {
                throw GraphError(.valueNeeded(input: index), node.type, "the place must be known")
            }
            guard let given = tensor.scalar, given.magnitude <= Double(Int32.max) else {
                throw GraphError(.shape, node.type, "the place is \(tensor.type), must be one small number")
            }
            place = given < 0 ? Int(given) + (size ?? count) : Int(given)
        }
        guard place >= 0, place < count else { throw GraphError(.attribute, node.type, "place \(place) of \(count)") }
        return place
    }

    private static func int(_ name: String, _ node: OnnxModel.Node) throws(GraphError) -> Int? {
        switch node.attributes[name] {
        case nil: return nil
        case .int(let value): return value
        default: throw GraphError(.attribute, node.type, "attribute \(name) must be an int")
        }
    }

    private mutating func joined(_ node: OnnxModel.Node, _ inputs: [Meaning?]) throws(GraphError) -> Meaning {
        try Self.allow(["axis", "new_axis"], in: node)
        guard let axis = try Self.int("axis", node) else { throw GraphError(.attribute, node.type, "axis is absent") }
        let isNew = try Self.int("new_axis", node) ?? 0 != 0
        var ids: [ValueID?] = []
        for (index, part) in try Self.list(inputs, node).enumerated() {
            guard let id = self.value("\(node.name)[\(index)]", part) else { continue }
            ids += isNew ? try self.append(Unsqueeze(axes: [axis]), [id], name: "\(node.name)/Unsqueeze") : [id]
        }
        return .value(try self.append(Concat(axis: axis), ids, name: node.name)[0])
    }

    private mutating func split(_ node: OnnxModel.Node, _ inputs: [Meaning?]) throws(GraphError) -> Meaning {
        try Self.allow(["axis", "keepdims"], in: node)
        let type = try self.type(node, inputs)
        guard let id = self.value(node.inputs[0], try self.tensor(inputs, 0, node)) else { return .unknown }
        let given = try Self.int("axis", node) ?? 0
        guard given >= -type.rank, given < type.rank else { throw GraphError(.attribute, node.type, "axis \(given) of \(type)") }
        let axis = given < 0 ? given + type.rank : given
        let size = type.shape[axis]
        var sizes: [Int]
        if inputs.count > 1, let lengths = inputs[1] {
            guard let tensor = Self.constant(lengths) else {
                throw GraphError(.valueNeeded(input: 1), node.type, "the lengths must be known")
            }
            guard let list = SmallTensor(tensor)?.ints, list.allSatisfy({ $0 >= 0 }), list.count == 1 || tensor.type.rank == 1
            else { throw GraphError(.shape, node.type, "the lengths are \(tensor.type)") }
            sizes = tensor.type.rank == 0 ? try self.parts(of: size, list[0], node) : list
        } else {
            sizes = try self.parts(of: size, 1, node)
        }
        guard !sizes.isEmpty else { return .list([]) }
        var parts = try self.graph.append(Split(axis: axis, sizes: sizes), [id], name: node.name)
        if node.inputs.count < 2, try Self.int("keepdims", node) ?? 1 == 0 {
            parts = try parts.map { (part) throws(GraphError) in
                try self.graph.apply(Squeeze(axes: [axis]), part, name: "\(node.name)/Squeeze")
            }
        }
        return .list(parts.map { .value($0) })
    }

    /// Parts of `length`, the last one possibly shorter.
    private func parts(of size: Int, _ length: Int, _ node: OnnxModel.Node) throws(GraphError) -> [Int] {
        guard length > 0, size / length < self.model.limits.unrolledNodes else {
            throw GraphError(.attribute, node.type, "\(size) elements in parts of \(length)")
        }
        return stride(from: 0, to: size, by: length).map { min(length, size - $0) }
    }

    /// A body for each element of a list: all are put into the graph now.
    mutating func map(_ node: OnnxModel.Node, _ inputs: [Meaning?]) throws(GraphError) {
        guard let body = node.subgraphs["body"], body.inputs.count == inputs.count, body.outputs.count == node.outputs.count
        else { throw GraphError(.arity, node.type, "inputs and outputs do not fit the body's") }
        let count = try Self.list(inputs, node).count
        let prefix = self.uniquePrefix(node.name)
        let names = OnnxModel.NameSize(body)
        for _ in 0..<count { try self.charge(names, prefix: prefix) }
        let bodies = (0..<count).map { body.prefixed("\(prefix)\($0)/") }
        let lists = node.outputs.enumerated().filter { !$0.element.isEmpty }
            .map { index, name in Work.list(name: name, parts: bodies.map { $0.outputs[index] }) }
        self.push(lists)
        // Each comes before what was pushed already.
        for (index, body) in bodies.enumerated().reversed() {
            for (name, input) in zip(body.inputs, inputs) {
                var meaning = input
                if case .list(let parts)? = input {
                    guard index < parts.count else { throw GraphError(.shape, node.type, "the lists differ in length") }
                    meaning = parts[index]
                }
                guard let meaning else { throw GraphError(.arity, node.type, "an input is absent") }
                do throws(OnnxError) {
                    try self.define(name, meaning)
                } catch {
                    throw GraphError(.structure, node.type, error.message)
                }
            }
            try self.inline(body, then: [])
        }
    }
}
