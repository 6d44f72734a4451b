extension Graph {
    /// Checks every invariant: values come before their readers, node outputs have the types that the operators say,
    /// names are unique, outputs and updates exist.
    /// - Parameter pass: the pass that made this graph, for the error.
    package func verify(after pass: String = "construction") throws(GraphError) {
        var names: Set<String> = []
        for value in self.values where !names.insert(value.name).inserted {
            throw GraphError(.structure, pass, "two values are called \(value.name)")
        }
        var known = Set<ValueID>()
        for (index, value) in self.values.enumerated() {
            if case .node = value.origin { continue }
            known.insert(ValueID(index: index))
            if case .constant(let tensor) = value.origin, tensor.type != value.type {
                throw GraphError(.structure, pass, "constant \(value.name) holds \(tensor.type), says \(value.type)")
            }
        }
        for node in self.nodes {
            for case let input? in node.inputs where !known.contains(input) {
                throw GraphError(.structure, pass, "\(node.name) reads \(self[input].name) before it exists")
            }
            let inputTypes = node.inputs.map { $0.map { self[$0].type } }
            let types = try node.op.outputTypes(inputTypes)
            guard types == node.outputs.map({ self[$0].type }) else {
                throw GraphError(.structure, pass, "\(node.name) says \(node.outputs.map { self[$0].type }), should be \(types)")
            }
            known.formUnion(node.outputs)
        }
        for output in self.outputs where !known.contains(output.value) {
            throw GraphError(.structure, pass, "output \(output.name) does not exist")
        }
        for update in self.updates where self[update.parameter].type != self[update.value].type {
            throw GraphError(.structure, pass, "update of \(self[update.parameter].name) changes its type")
        }
    }
}
