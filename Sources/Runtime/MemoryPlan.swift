import Graph
import Kernels

/// Where every value of a graph lives: in a bound tensor, or at an offset of one arena, by lifetime.
struct MemoryPlan: Sendable {
    /// The home of a value.
    enum Home: Sendable, Hashable {
        /// A constant's or parameter's own bytes.
        case tensor(ValueID)
        /// Bytes of the arena.
        case arena(Int)
    }

    /// Home of each value, by index.
    private(set) var homes: [Home]
    /// Offset of each arena buffer.
    private(set) var offsets: [Int] = []
    private(set) var arenaByteCount = 0
    /// Updates that need a copy after the run, because their value could not be made in place.
    private(set) var copies: [Graph.Update] = []

    private struct Buffer {
        var byteCount: Int
        var firstNode: Int
        var lastNode: Int
    }

    private var buffers: [Buffer] = []

    /// - Parameters:
    ///   - kernels: one per node, nil for views.
    ///   - keepsEverything: every value stays readable after the run (for comparing node by node).
    init(_ graph: Graph, kernels: [(any Kernel)?], keepsEverything: Bool) {
        self.homes = graph.values.indices.map { .tensor(ValueID(index: $0)) }
        let end = graph.nodes.count
        let readers = graph.readers()
        let kept = keepsEverything ? Set(graph.values.indices) : Set(graph.outputs.map(\.value.index))
        let renewed = Self.renewals(graph, readers: readers, kept: kept)
        var lastReads = [Int](repeating: -1, count: graph.values.count)
        for (id, nodes) in readers { lastReads[id.index] = nodes.last ?? -1 }
        for update in graph.updates where renewed[update.value] == nil {
            lastReads[update.value.index] = end
            self.copies.append(update)
        }
        for index in kept { lastReads[index] = end }

        for id in graph.inputs {
            self.homes[id.index] = self.makeBuffer(graph[id].type.byteCount, from: -1, to: lastReads[id.index])
        }
        for (index, node) in graph.nodes.enumerated() {
            for (position, output) in node.outputs.enumerated() {
                let lastRead = max(lastReads[output.index], index)
                if let parameter = renewed[output] {
                    self.homes[output.index] = .tensor(parameter)
                } else if position == 0, node.op is any ViewOperator, let input = node.inputs[0] {
                    self.join(output, to: input, until: lastRead)
                } else if position == 0,
                    let input = self.inPlaceInput(node, kernels[index], graph, at: index, keepsEverything: keepsEverything)
                {
                    self.join(output, to: input, until: lastRead)
                } else {
                    self.homes[output.index] = self.makeBuffer(graph[output].type.byteCount, from: index, to: lastRead)
                }
            }
        }
        self.place()
    }

    /// Updates whose value can be written over the parameter: nobody reads the parameter after the node that makes it.
    private static func renewals(
        _ graph: Graph, readers: [ValueID: [Int]], kept: Set<Int>
    ) -> [ValueID: ValueID] {
        var renewals: [ValueID: ValueID] = [:]
        for update in graph.updates {
            guard case .node(let index) = graph[update.value].origin, !kept.contains(update.parameter.index) else { continue }
            let node = graph.nodes[index]
            guard let updating = node.op as? any UpdatingOperator, let output = node.outputs.firstIndex(of: update.value),
                let input = type(of: updating).renewedInputs[output], node.inputs[input] == update.parameter,
                (readers[update.parameter] ?? []).allSatisfy({ $0 <= index })
            else { continue }
            renewals[update.value] = update.parameter
        }
        return renewals
    }

    private mutating func makeBuffer(_ byteCount: Int, from first: Int, to last: Int) -> Home {
        self.buffers.append(Buffer(byteCount: byteCount, firstNode: first, lastNode: last))
        return .arena(self.buffers.count - 1)
    }

    private mutating func join(_ output: ValueID, to input: ValueID, until lastRead: Int) {
        let home = self.homes[input.index]
        self.homes[output.index] = home
        if case .arena(let buffer) = home {
            self.buffers[buffer].lastNode = max(self.buffers[buffer].lastNode, lastRead)
        }
    }

    /// The input whose buffer output 0 may take over, when this node is the last to read it.
    private func inPlaceInput(
        _ node: Node, _ kernel: (any Kernel)?, _ graph: Graph, at index: Int, keepsEverything: Bool
    ) -> ValueID? {
        guard let kernel, !keepsEverything else { return nil }
        for position in kernel.inPlaceInputs where position < node.inputs.count {
            guard let input = node.inputs[position], case .arena(let buffer) = self.homes[input.index],
                self.buffers[buffer].lastNode <= index,
                graph[input].type.byteCount == graph[node.outputs[0]].type.byteCount,
                self.buffers[buffer].byteCount == graph[input].type.byteCount,
                node.inputs.count(where: { $0.map { self.homes[$0.index] == .arena(buffer) } ?? false }) == 1
            else { continue }
            return input
        }
        return nil
    }

    /// Greedy by size: the largest buffers first, each at the lowest offset free during its lifetime.
    private mutating func place() {
        self.offsets = [Int](repeating: 0, count: self.buffers.count)
        let order = self.buffers.indices.sorted {
            (self.buffers[$1].byteCount, $0) < (self.buffers[$0].byteCount, $1)
        }
        var placed: [(begin: Int, end: Int, buffer: Int)] = []
        for index in order {
            let buffer = self.buffers[index]
            let size = (max(buffer.byteCount, 1) + 63) & ~63
            var offset = 0
            for other in placed
            where self.buffers[other.buffer].firstNode <= buffer.lastNode
                && buffer.firstNode <= self.buffers[other.buffer].lastNode
            {
                if other.begin >= offset + size { break }
                offset = max(offset, other.end)
            }
            self.offsets[index] = offset
            let position = placed.firstIndex { $0.begin > offset } ?? placed.endIndex
            placed.insert((offset, offset + size, index), at: position)
            self.arenaByteCount = max(self.arenaByteCount, offset + size)
        }
    }
}
