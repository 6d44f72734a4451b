package import Graph

extension Pass {
    /// Trades time for memory in a step graph with the output `loss`: what the forward half computes between two chosen values is
    /// not kept for the backward half but computed again there, from the value before. The numbers are the same, to the bit where
    /// no kernel's rounding depends on whether it may write over an input (a matrix product with a residual).
    ///
    /// (Chen et al., "Training deep nets with sublinear memory cost", 2016.)
    package static let recomputeActivations = Pass("recomputeActivations") { (graph) throws(GraphError) in
        let choice = RecomputeChoice(graph)
        var copies: [ValueID: ValueID] = [:]
        var index = -1
        return try graph.rewritten { (rewriter, node) throws(GraphError) in
            index += 1
            guard !choice.forward.contains(index), node.inputs.contains(where: choice.isRecomputed) else { return nil }
            var inputs: [ValueID?] = []
            for input in node.inputs { inputs.append(try choice.again(input, &rewriter, &copies)) }
            return try rewriter.new.append(node.op, inputs, name: node.name)
        }
    }
}

/// Which values of a step graph's forward half are computed again.
struct RecomputeChoice {
    /// Indices of the nodes that the loss depends on.
    let forward: Set<Int>
    /// Results of forward nodes that are not kept.
    private let recomputed: Set<ValueID>

    /// Values up to this size are always kept.
    private static let smallByteCount = 64 << 10

    init(_ graph: Graph) {
        let order = Self.ancestors(of: graph.outputs.first { $0.name == "loss" }?.value, in: graph)
        self.forward = Set(order)
        let line = ForwardLine(graph, order, smallest: Self.smallByteCount)
        let cuts = line.bestCuts()
        guard let last = cuts.last else {
            self.recomputed = []
            return
        }
        let kept = Set(cuts.map { line.candidates[$0].value } + graph.outputs.map(\.value))
        let end = line.candidates[last].position
        self.recomputed = Set(
            order.prefix(end + 1).flatMap { graph.nodes[$0].outputs }.filter {
                !kept.contains($0) && graph[$0].type.byteCount > Self.smallByteCount
            })
    }

    func isRecomputed(_ id: ValueID?) -> Bool { id.map(self.recomputed.contains) ?? false }

    /// The new value for an old one as the backward half reads it: the kept one, or one computed from kept ones just before.
    func again(
        _ id: ValueID?, _ rewriter: inout Rewriter, _ copies: inout [ValueID: ValueID]
    ) throws(GraphError) -> ValueID? {
        guard let id else { return nil }
        guard self.isRecomputed(id), let node = rewriter.old.producer(of: id) else { return rewriter[id] }
        if let copy = copies[id] { return copy }
        var inputs: [ValueID?] = []
        for input in node.inputs { inputs.append(try self.again(input, &rewriter, &copies)) }
        let outputs = try rewriter.new.append(node.op, inputs, name: node.name + "/again")
        for (old, new) in zip(node.outputs, outputs) { copies[old] = new }
        return copies[id]
    }

    /// The nodes that a value depends on, in order.
    private static func ancestors(of value: ValueID?, in graph: Graph) -> [Int] {
        guard let value else { return [] }
        var wanted: Set<ValueID> = [value]
        var result: [Int] = []
        for (index, node) in graph.nodes.enumerated().reversed() where node.outputs.contains(where: wanted.contains) {
            result.append(index)
            wanted.formUnion(node.inputs.compactMap(\.self))
        }
        return result.reversed()
    }
}

/// The forward half as a line of nodes, and where one value alone leads from what is before to what is behind.
private struct ForwardLine {
    struct Candidate {
        /// Behind the node at this place of the line.
        let position: Int
        let value: ValueID
        let byteCount: Int
    }

    private(set) var candidates: [Candidate] = []
    /// Bytes of the results up to each place.
    private var totals: [Int] = []

    init(_ graph: Graph, _ order: [Int], smallest: Int) {
        var lastReads: [ValueID: Int] = [:]
        for (position, index) in order.enumerated() {
            for case let input? in graph.nodes[index].inputs { lastReads[input] = position }
        }
        var open: Set<ValueID> = []
        var total = 0
        var seen: Set<ValueID> = []
        for (position, index) in order.enumerated() {
            let node = graph.nodes[index]
            for output in node.outputs where graph[output].type.byteCount > smallest {
                if !(node.op is any ViewOperator) { total += graph[output].type.byteCount }
                if lastReads[output] != nil { open.insert(output) }
            }
            open = open.filter { lastReads[$0, default: -1] > position }
            self.totals.append(total)
            if open.count == 1, let value = open.first, seen.insert(value).inserted {
                self.candidates.append(Candidate(position: position, value: value, byteCount: graph[value].type.byteCount))
            }
        }
    }

    /// The candidates to keep so that they and the largest stretch between two of them are smallest together; none where that
    /// saves nothing.
    func bestCuts() -> [Int] {
        guard let total = self.totals.last, total > 0 else { return [] }
        var best: (cuts: [Int], byteCount: Int) = ([], total)
        let parts = 64
        for part in 1..<parts {
            let limit = total / parts * part
            guard let found = self.cheapest(longest: limit), found.byteCount + limit < best.byteCount else { continue }
            best = (found.cuts, found.byteCount + limit)
        }
        return best.cuts
    }

    /// The candidates of the fewest bytes between which no stretch has more than `limit`.
    private func cheapest(longest limit: Int) -> (cuts: [Int], byteCount: Int)? {
        guard let total = self.totals.last else { return nil }
        var best: [(byteCount: Int, before: Int?)?] = []
        for candidate in self.candidates {
            let here = self.totals[candidate.position]
            var choice: (byteCount: Int, before: Int?)? = here <= limit ? (candidate.byteCount, nil) : nil
            for (index, earlier) in self.candidates.enumerated().prefix(best.count)
            where here - self.totals[earlier.position] <= limit {
                guard let reached = best[index], reached.byteCount + candidate.byteCount < choice?.byteCount ?? .max else {
                    continue
                }
                choice = (reached.byteCount + candidate.byteCount, index)
            }
            best.append(choice)
        }
        let ends = self.candidates.indices.filter { total - self.totals[self.candidates[$0].position] <= limit }
        let last = ends.filter { best[$0] != nil }.min { best[$0]?.byteCount ?? .max < best[$1]?.byteCount ?? .max }
        guard let last, let found = best[last] else { return nil }
        var cuts: [Int] = []
        var next: Int? = last
        while let cut = next {
            cuts.append(cut)
            next = best[cut]?.before
        }
        return (cuts.reversed(), found.byteCount)
    }
}
