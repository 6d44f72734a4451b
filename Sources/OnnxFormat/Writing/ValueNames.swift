import Graph

/// The names of a graph's values in a file: their own, but a graph output's value is called as the output.
struct ValueNames {
    private var names: [ValueID: String] = [:]
    /// Outputs whose value already has another name: an `Identity` gives them theirs.
    private(set) var aliases: [Graph.Output] = []

    init(_ graph: Graph) throws(OnnxError) {
        let outputNames = Set(graph.outputs.map(\.name))
        for output in graph.outputs {
            if case .node = graph[output.value].origin, self.names[output.value] == nil {
                self.names[output.value] = output.name
            } else if graph[output.value].name != output.name || self.names[output.value] != nil {
                self.aliases.append(output)
            }
        }
        var used = outputNames.union(graph.values.map(\.name))
        for (index, value) in graph.values.enumerated() {
            let id = ValueID(index: index)
            guard self.names[id] == nil else { continue }
            guard outputNames.contains(value.name), !graph.outputs.contains(where: { $0.name == value.name && $0.value == id })
            else {
                self.names[id] = value.name
                continue
            }
            guard case .node = value.origin else {
                throw OnnxError(.notExportable, value.name, "an output with another value has the same name")
            }
            var suffix = 1
            while !used.insert("\(value.name)_\(suffix)").inserted { suffix += 1 }
            self.names[id] = "\(value.name)_\(suffix)"
        }
    }

    subscript(_ id: ValueID) -> String {
        guard let name = self.names[id] else { preconditionFailure("value \(id.index) has no name") }
        return name
    }
}
