package import Graph

extension Graph {
    /// The same graph with its parameters as constants; nodes and values keep their names.
    /// - Parameter weights: a tensor for every parameter.
    package func binding(_ weights: [String: Tensor]) throws(GraphError) -> Graph {
        var copy = Graph()
        var map: [ValueID: ValueID] = [:]
        for id in self.values.indices.map(ValueID.init(index:)) {
            let value = self[id]
            switch value.origin {
            case .input: map[id] = copy.input(value.name, value.type)
            case .constant(let tensor): map[id] = copy.constant(tensor, name: value.name)
            case .parameter:
                guard let tensor = weights[value.name], tensor.type == value.type else {
                    throw GraphError(.structure, value.name, "no tensor of type \(value.type) is given for this parameter")
                }
                map[id] = copy.constant(tensor, name: value.name)
            case .node: break
            }
        }
        for node in self.nodes {
            let outputs = try copy.append(node.op, node.inputs.map { $0.flatMap { map[$0] } }, name: node.name)
            for (old, new) in zip(node.outputs, outputs) { map[old] = new }
        }
        for output in self.outputs {
            if let value = map[output.value] { copy.output(output.name, value) }
        }
        return copy
    }
}
