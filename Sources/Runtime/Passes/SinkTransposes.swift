package import Graph

extension Pass {
    /// Moves transpositions behind operators that do not care for the order of axes (element-wise ones, joining, reductions,
    /// softmax, normalisation of rows), where they cancel with others there: what the operators compute stays, and fewer
    /// bytes are transposed.
    ///
    /// Operators that transpositions connect move together or not at all, as their sum of bytes says; the result is taken
    /// only when it does transpose fewer.
    package static let sinkTransposes = Pass("sinkTransposes") { (graph) throws(GraphError) in
        var sinking = SinkTransposes(graph)
        guard sinking.isWorthwhile else { return graph }
        let moved = try graph.rewritten { (rewriter, node) throws(GraphError) in try sinking.replacement(&rewriter, node) }
        let result = try Pass.cancelTransposes.run(moved)
        return result.transposedByteCount < graph.transposedByteCount ? result : graph
    }
}

extension Graph {
    fileprivate var transposedByteCount: Int {
        self.nodes.reduce(0) { $0 + ($1.op is Transpose ? self[$1.outputs[0]].type.byteCount : 0) }
    }
}

private struct SinkTransposes {
    /// How a value can be had without its transposition.
    private struct Turn {
        /// The node that says so: a transposition, or an operator that moves.
        let node: Int
        /// The value is the transposition of the other by this.
        let order: [Int]
    }

    private let graph: Graph
    /// For each value the nodes that read it, each once.
    private let readers: [ValueID: [Int]]
    private let escaping: Set<ValueID>
    private var turns: [ValueID: Turn] = [:]
    /// Operators that can move, by node.
    private var operators: [Int: TurnedOperator] = [:]
    /// Nodes that move together: a representative of each node, or the way there.
    private var regions: [Int]
    /// Representatives of the regions that move.
    private var accepted: Set<Int> = []
    /// The new value that an old one is the transposition of.
    private var sources: [ValueID: ValueID] = [:]

    init(_ graph: Graph) {
        self.graph = graph
        self.readers = graph.readers().mapValues { readers in
            readers.indices.filter { $0 == 0 || readers[$0] != readers[$0 - 1] }.map { readers[$0] }
        }
        self.escaping = Set(graph.outputs.map(\.value) + graph.updates.map(\.value))
        self.regions = Array(graph.nodes.indices)
        for (index, node) in graph.nodes.enumerated() { self.propose(node, index) }
        // A representative comes after all that it stands for.
        for index in graph.nodes.indices.reversed() { self.regions[index] = self.regions[self.regions[index]] }
        var gains: [Int: Int] = [:]
        for index in graph.nodes.indices where self.turns[graph.nodes[index].outputs[0]]?.node == index {
            gains[self.regions[index], default: 0] += self.gain(index)
        }
        self.accepted = Set(gains.filter { $0.value > 0 }.keys)
    }

    var isWorthwhile: Bool { !self.accepted.isEmpty }

    /// The node that stands for a node's region, with shorter ways there left behind.
    private mutating func representative(_ node: Int) -> Int {
        var node = node
        while self.regions[node] != node {
            self.regions[node] = self.regions[self.regions[node]]
            node = self.regions[node]
        }
        return node
    }

    private mutating func propose(_ node: Node, _ index: Int) {
        if let op = node.op as? Transpose, let input = node.inputs[0] {
            guard self.turns[input] == nil, self.graph[input].constant == nil else { return }
            self.turns[node.outputs[0]] = Turn(node: index, order: op.order(rank: self.graph[input].type.rank))
            return
        }
        for (position, input) in node.inputs.enumerated() {
            guard let input, let turn = self.turns[input],
                let moved = TurnedOperator(node, input: position, order: turn.order, self.graph), moved.order.count > 1
            else { continue }
            self.operators[index] = moved
            self.turns[node.outputs[0]] = Turn(node: index, order: moved.order)
            for place in self.matching(index, node) {
                guard let other = node.inputs[place].flatMap({ self.turns[$0] }) else { continue }
                self.regions[self.representative(other.node)] = index
            }
            return
        }
    }

    /// The inputs of an operator that can move which have the turn that it wants.
    private func matching(_ index: Int, _ node: Node) -> [Int] {
        guard let moved = self.operators[index] else { return [] }
        return moved.turnedInputs.filter { place in
            node.inputs[place].flatMap { self.turns[$0] }.map { $0.order == moved.inputOrder } ?? false
        }
    }

    /// Bytes that need no transposition any more when a node moves with its region, less those that then do.
    private func gain(_ index: Int) -> Int {
        let node = self.graph.nodes[index]
        let output = node.outputs[0]
        guard let turn = self.turns[output] else { return 0 }
        guard let moved = self.operators[index] else {
            // A transposition is not needed when all that read its result move.
            let stays = self.escaping.contains(output) || self.readers[output, default: []].contains { !self.moves($0, output) }
            return stays ? 0 : self.cost(output, turn.order)
        }
        let matching = self.matching(index, node)
        var result = 0
        for place in moved.turnedInputs where !matching.contains(place) {
            guard let input = node.inputs[place], self.graph[input].constant == nil else { continue }
            result -= self.cost(input, Array(moved.inputOrder.suffix(self.graph[input].type.rank)))
        }
        var source = self.graph[output].type
        for (axis, place) in turn.order.enumerated() { source.shape[place] = self.graph[output].type.shape[axis] }
        guard let view = StridedView(output, source)?.transposed(turn.order) else { return result }
        let ends = self.ends(output, view)
        return result + ends.gone - (ends.isNeeded ? self.cost(output, turn.order) : 0)
    }

    /// Whether a node reads a value where it can read what the value is a transposition of.
    private func moves(_ reader: Int, _ value: ValueID) -> Bool {
        let node = self.graph.nodes[reader]
        let matching = self.matching(reader, node)
        return self.operators[reader] != nil
            && node.inputs.indices.allSatisfy { node.inputs[$0] != value || matching.contains($0) }
    }

    /// What follows a value that is had by a transposition: bytes of transpositions that cancel it, and whether somebody
    /// still needs the value as it was.
    private func ends(_ value: ValueID, _ view: StridedView) -> (gone: Int, isNeeded: Bool) {
        var gone = 0
        var isNeeded = self.escaping.contains(value)
        for reader in self.readers[value, default: []] where !self.moves(reader, value) {
            let node = self.graph.nodes[reader]
            guard node.op is Transpose || node.op is any ViewOperator, node.outputs.count == 1,
                let next = view.after(node, output: 0, self.graph)
            else {
                isNeeded = true
                continue
            }
            if let op = node.op as? Transpose {
                gone += next.isWhole ? self.cost(node.outputs[0], op.order(rank: next.shape.count)) : 0
            } else if !next.isWhole {
                let rest = self.ends(node.outputs[0], next)
                gone += rest.gone
                isNeeded = isNeeded || rest.isNeeded
            }
        }
        return (gone, isNeeded)
    }

    /// Bytes of a transposition's result; nothing where no two elements change places, so that it is a view.
    private func cost(_ value: ValueID, _ order: [Int]) -> Int {
        let type = self.graph[value].type
        let wide = zip(order, type.shape).filter { $0.1 != 1 }.map(\.0)
        return wide == wide.sorted() ? 0 : type.byteCount
    }

    mutating func replacement(_ rewriter: inout Rewriter, _ node: Node) throws(GraphError) -> [ValueID]? {
        guard let output = node.outputs.first, let turn = self.turns[output], self.accepted.contains(self.regions[turn.node])
        else { return nil }
        guard let moved = self.operators[turn.node] else {
            if let input = node.inputs[0] { self.sources[output] = rewriter[input] }
            return nil
        }
        let matching = self.matching(turn.node, node)
        var inputs = rewriter.mapped(node.inputs)
        for place in moved.turnedInputs {
            guard let old = node.inputs[place] else { continue }
            if matching.contains(place), let source = self.sources[old] {
                inputs[place] = source
            } else {
                inputs[place] = try Self.turned(old, moved.inputOrder, &rewriter)
            }
        }
        let source = try rewriter.new.append(moved.op, inputs, name: node.name)[0]
        self.sources[output] = source
        return [try rewriter.new.apply(Transpose(permutation: moved.order), source, name: "\(node.name)/turned")]
    }

    /// What a value, with axes of size 1 in front where it has fewer, is the transposition of.
    private static func turned(_ value: ValueID, _ order: [Int], _ rewriter: inout Rewriter) throws(GraphError) -> ValueID {
        let type = rewriter.old[value].type
        var id = rewriter[value]
        if type.rank < order.count {
            let shape = [Int](repeating: 1, count: order.count - type.rank) + type.shape
            id = try rewriter.new.apply(Reshape(shape), id, name: "\(rewriter.old[value].name)/wide")
        }
        let inverse = order.indices.map { axis in order.firstIndex(of: axis) ?? axis }
        return try rewriter.new.apply(Transpose(permutation: inverse), id, name: "\(rewriter.old[value].name)/turned")
    }
}
