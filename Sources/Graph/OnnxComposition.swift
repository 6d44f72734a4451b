/// An operator of ONNX that is read as others: it needs no kernel, gradient or spelling of its own.
package protocol OnnxComposition: Sendable {
    /// The `op_type`s that it reads.
    static var onnxTypes: [String] { get }

    /// Reads the attributes; as of `OnnxOperator`.
    init(onnx reader: inout OnnxReader) throws(GraphError)

    /// Emits what it stands for into a graph and returns the outputs. `inputs` are those that were not taken as attributes.
    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID]
}

extension OnnxComposition {
    /// The operator as errors call it.
    package var name: String { Self.onnxTypes[0] }

    /// A required input.
    package func input(_ inputs: [ValueID?], _ index: Int) throws(GraphError) -> ValueID {
        guard let id = self.optionalInput(inputs, index) else {
            throw GraphError(.arity, self.name, "input \(index) is absent")
        }
        return id
    }

    /// An optional input.
    package func optionalInput(_ inputs: [ValueID?], _ index: Int) -> ValueID? {
        index < inputs.count ? inputs[index] : nil
    }

    /// Turns a possibly negative axis into `0..<rank`.
    package func normalizedAxis(_ axis: Int, rank: Int) throws(GraphError) -> Int {
        guard axis >= -rank, axis < rank else {
            throw GraphError(.attribute, self.name, "axis \(axis) is outside -\(rank)..<\(rank)")
        }
        return axis < 0 ? axis + rank : axis
    }
}

extension OnnxReader {
    /// The type of a required input.
    package func type(input index: Int) throws(GraphError) -> TensorType {
        guard index < self.inputs.count, let type = self.inputs[index] else {
            throw GraphError(.arity, self.type, "input \(index) is absent")
        }
        return type
    }

    /// The value of a required input, which is taken as an attribute.
    package mutating func requiredConstant(input index: Int) throws(GraphError) -> Tensor {
        guard let tensor = try self.constant(input: index) else {
            throw GraphError(.arity, self.type, "input \(index) is absent")
        }
        return tensor
    }
}

extension Graph {
    /// Emits a part made of other operators. The node that makes the part's first output is called `name`, the others
    /// `name/Sub` and so on.
    package mutating func inline(
        _ name: String, _ inputs: [ValueID?],
        _ emit: (inout Graph, [ValueID?]) throws(GraphError) -> [ValueID]
    ) throws(GraphError) -> [ValueID] {
        var part = Graph()
        var map: [ValueID: ValueID] = [:]
        let partInputs = inputs.enumerated().map { index, input -> ValueID? in
            guard let input else { return nil }
            let id = part.input("input \(index)", self[input].type)
            map[id] = input
            return id
        }
        let outputs = try emit(&part, partInputs)
        for (index, value) in part.values.enumerated() {
            if let tensor = value.constant { map[ValueID(index: index)] = self.constant(tensor, name: "\(name)/\(value.name)") }
        }
        for inner in part.nodes {
            let makesResult = outputs.first.map(inner.outputs.contains) ?? false
            let values = try self.append(
                inner.op, inner.inputs.map { $0.flatMap { map[$0] } }, name: makesResult ? name : "\(name)/\(inner.name)")
            for (old, new) in zip(inner.outputs, values) { map[old] = new }
        }
        return outputs.compactMap { map[$0] }
    }
}
