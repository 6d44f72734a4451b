package import Graph
import Kernels
import Runtime

extension Pass {
    /// Works out everything that depends on weights alone: transposed weights, the position table with its class token.
    ///
    /// Unlike the runtime's folding it has no limit of size: what is computed here once is not computed at every load.
    /// The results get the names of the values that they replace.
    package static let foldWeights = Pass("foldWeights") { (graph) throws(GraphError) in
        let boundary = graph.constantBoundary()
        return try graph.rewritten { (rewriter, node) throws(GraphError) in
            guard node.outputs.contains(where: boundary.contains) else { return nil }
            var replacements: [ValueID] = []
            for output in node.outputs {
                let tensor = try graph.evaluated(output)
                replacements.append(rewriter.new.constant(tensor, name: graph[output].name))
            }
            return replacements
        }
    }
}

extension Graph {
    /// Values made from constants alone that something else reads.
    fileprivate func constantBoundary() -> Set<ValueID> {
        var made: Set<ValueID> = []
        var boundary: Set<ValueID> = []
        for node in self.nodes {
            let inputs = node.inputs.compactMap(\.self)
            let isConstant = !inputs.isEmpty && inputs.allSatisfy { self[$0].constant != nil || made.contains($0) }
            if isConstant {
                made.formUnion(node.outputs)
            } else {
                boundary.formUnion(inputs.filter(made.contains))
            }
        }
        boundary.formUnion(self.outputs.map(\.value).filter(made.contains))
        return boundary
    }

    /// The value of something that depends on constants alone.
    fileprivate func evaluated(_ id: ValueID) throws(GraphError) -> Tensor {
        var part = Graph()
        var map: [ValueID: ValueID] = [:]
        let value = try self.copy(id, into: &part, &map)
        part.output("value", value)
        do throws(RuntimeError) {
            let plan = try Plan(part, parameters: [:], packs: PackStore(), options: Plan.Options(threads: 1))
            try plan.run()
            return try plan.output("value").copied()
        } catch {
            throw GraphError(.unsupported, self[id].name, error.message)
        }
    }

    /// Copies a value and what it is made from into another graph.
    private func copy(
        _ id: ValueID, into part: inout Graph, _ map: inout [ValueID: ValueID]
    ) throws(GraphError) -> ValueID {
        if let known = map[id] { return known }
        if let tensor = self[id].constant {
            let copy = part.constant(tensor, name: self[id].name)
            map[id] = copy
            return copy
        }
        guard let node = self.producer(of: id) else {
            throw GraphError(.structure, self[id].name, "is no constant")
        }
        var inputs: [ValueID?] = []
        for input in node.inputs {
            guard let input else {
                inputs.append(nil)
                continue
            }
            inputs.append(try self.copy(input, into: &part, &map))
        }
        for (old, new) in zip(node.outputs, try part.append(node.op, inputs, name: node.name)) { map[old] = new }
        return map[id] ?? id
    }
}
