import Graph

/// Which values of a graph become bfloat16: those that a node can make so and that every reader takes so.
struct BFloat16Values {
    private let roles: [BFloat16Role?]
    private let readers: [ValueID: [Int]]
    private let graph: Graph
    /// Values that convolutions work along, and sums that go on from them; others are streams of transformers.
    private let convolved: Set<ValueID>
    private var taken: Set<ValueID> = []

    init(_ graph: Graph) {
        self.graph = graph
        self.roles = graph.nodes.map { BFloat16Role($0, graph) }
        self.readers = graph.readers()
        self.convolved = Self.convolved(graph, self.readers)
        let escaping = Set(graph.outputs.map(\.value) + graph.updates.map(\.value))
        for node in graph.nodes {
            for output in node.outputs where graph[output].type.dataType == .float32 && !escaping.contains(output) {
                self.taken.insert(output)
            }
        }
        // The largest set that contradicts nothing.
        var isSettled = false
        while !isSettled {
            isSettled = true
            for (index, node) in graph.nodes.enumerated().reversed() {
                for output in node.outputs where self.taken.contains(output) && !self.holds(output, of: index) {
                    self.taken.remove(output)
                    isSettled = false
                }
            }
        }
    }

    func contains(_ value: ValueID) -> Bool { self.taken.contains(value) }

    /// The role of a node.
    func role(of node: Node) -> BFloat16Role? { BFloat16Role(node, self.graph) }

    /// Whether an input is bfloat16, or can be made so once and for all.
    func isNarrow(_ input: ValueID?) -> Bool {
        guard let input else { return true }
        return self.taken.contains(input) || self.graph[input].constant?.type.dataType == .float32
    }

    private func holds(_ value: ValueID, of index: Int) -> Bool {
        guard let role = self.roles[index], let readers = self.readers[value] else { return false }
        let node = self.graph.nodes[index]
        guard role.needs.allSatisfy({ self.isNarrow(node.inputs[$0]) }) else { return false }
        return readers.allSatisfy { self.accepts(value, in: $0) }
    }

    private func accepts(_ value: ValueID, in index: Int) -> Bool {
        guard let role = self.roles[index] else { return false }
        let node = self.graph.nodes[index]
        guard node.inputs.indices.allSatisfy({ node.inputs[$0] != value || role.reads.contains($0) }) else { return false }
        if !self.isConvolved(value, in: node) { return false }
        guard role.passesOn else { return true }
        return node.outputs.allSatisfy(self.taken.contains)
    }

    /// Whether the node does not go on with a stream of a transformer: by adding to it or by normalising it.
    private func isConvolved(_ value: ValueID, in node: Node) -> Bool {
        let added = BFloat16Role.streamInputs(node, self.graph).filter { node.inputs[$0] == value }
        if !added.isEmpty { return node.outputs.contains(where: self.convolved.contains) }
        guard node.op is LayerNormalization, let producer = self.graph.producer(of: value) else { return true }
        return BFloat16Role.streamInputs(producer, self.graph).isEmpty || self.convolved.contains(value)
    }

    private static func convolved(_ graph: Graph, _ readers: [ValueID: [Int]]) -> Set<ValueID> {
        var result: Set<ValueID> = []
        for node in graph.nodes {
            let stream = BFloat16Role.streamInputs(node, graph).compactMap { node.inputs[$0] }
            for output in node.outputs {
                let isRead = readers[output, default: []].contains { graph.nodes[$0].op is FusedConv }
                if isRead || stream.contains(where: result.contains) { result.insert(output) }
            }
        }
        return result
    }
}
