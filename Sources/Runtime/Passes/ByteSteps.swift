import Graph

/// Which numbers the bytes of a tensor stand for: constants, or values that are computed while a plan runs.
enum ByteSteps: Hashable {
    case fixed(ByteScale)
    /// One scale and, where there is one, one zero point; each has one element.
    case computed(scale: ValueID, zero: ValueID?)

    /// Nil unless the node is `DequantizeLinear` from bytes to float32 with one scale for all.
    init?(dequantize node: Node, _ graph: Graph) {
        if let scale = ByteScale(node, graph) {
            guard node.op is DequantizeLinear else { return nil }
            self = .fixed(scale)
            return
        }
        guard let op = node.op as? DequantizeLinear, op.to ?? .float32 == .float32, node.inputs.count > 1, let x = node.inputs[0],
            let scale = node.inputs[1], ElementTypes.bytes.contains(graph[x].type.dataType), graph.isNumber(scale),
            graph[scale].type.dataType == .float32
        else { return nil }
        let zero = node.inputs.count > 2 ? node.inputs[2] : nil
        guard zero.map({ graph.isNumber($0) }) ?? true else { return nil }
        self = .computed(scale: scale, zero: zero)
    }
}

extension Graph {
    /// One element, on at most one axis.
    func isNumber(_ id: ValueID) -> Bool { self[id].type.rank <= 1 && self[id].type.elementCount == 1 }

    /// The bytes that a value is dequantised from with one scale for all of them.
    func steps(of id: ValueID) -> (value: ValueID, steps: ByteSteps)? {
        guard let node = self.producer(of: id), let source = node.inputs.first ?? nil,
            let steps = ByteSteps(dequantize: node, self)
        else { return nil }
        return (source, steps)
    }
}
