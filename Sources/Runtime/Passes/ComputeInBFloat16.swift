package import Graph

extension Pass {
    /// Multiplies in bfloat16: matrix products with constant weights, and attention. Sums, softmax, normalisation and the
    /// residual stream stay float32; a value becomes bfloat16 where only such products read it.
    ///
    /// Runs after the fusing passes. Models keep their float32 inputs and outputs.
    package static let computeInBFloat16 = Pass("computeInBFloat16") { (graph) throws(GraphError) in
        let readers = BFloat16Readers(graph)
        var wide: [ValueID: ValueID] = [:]
        return try graph.rewritten { (rewriter, node) throws(GraphError) in
            switch node.op {
            case let product as FusedMatMul where BFloat16Readers.isTaken(product, node, rewriter.old):
                let op = FusedMatMul(
                    transposeB: product.transposeB, alpha: product.alpha, activation: product.activation,
                    precision: .bfloat16, result: readers.takes(node.outputs[0]) ? .bfloat16 : .float32)
                return try rewriter.new.append(op, rewriter.mapped(node.inputs), name: node.name)
            case is PackedAttention, is ScaledDotProductAttention:
                var inputs = rewriter.mapped(node.inputs)
                for index in inputs.indices where index < 3 {
                    if let id = inputs[index] { inputs[index] = try rewriter.converted(id, to: .bfloat16) }
                }
                let outputs = try rewriter.new.append(node.op, inputs, name: node.name)
                return readers.takes(node.outputs[0]) ? outputs : [try rewriter.converted(outputs[0], to: .float32)]
            default:
                let moved = node.movedInputs
                let isNarrow =
                    !moved.isEmpty
                    && moved.allSatisfy { index in
                        node.inputs[index].map { rewriter.new[rewriter[$0]].type.dataType == .bfloat16 } ?? false
                    }
                guard !isNarrow else { return nil }
                var inputs = rewriter.mapped(node.inputs)
                for (index, input) in inputs.enumerated() {
                    guard let input, rewriter.new[input].type.dataType == .bfloat16, let old = node.inputs[index],
                        rewriter.old[old].type.dataType != .bfloat16
                    else { continue }
                    if wide[input] == nil { wide[input] = try rewriter.converted(input, to: .float32) }
                    inputs[index] = wide[input]
                }
                return try rewriter.new.append(node.op, inputs, name: node.name)
            }
        }
    }
}

/// Which values of a graph may be bfloat16, because all that read them multiply in it or pass them on.
private struct BFloat16Readers {
    private var taken: Set<ValueID> = []

    init(_ graph: Graph) {
        let escaping = Set(graph.outputs.map(\.value) + graph.updates.map(\.value))
        let readers = graph.readers()
        for node in graph.nodes.reversed() {
            for output in node.outputs where !escaping.contains(output) && graph[output].type.dataType == .float32 {
                let all = readers[output, default: []].map { graph.nodes[$0] }
                if !all.isEmpty, all.allSatisfy({ self.accepts($0, output, graph) }) { self.taken.insert(output) }
            }
        }
    }

    func takes(_ value: ValueID) -> Bool { self.taken.contains(value) }

    /// Whether a node reads a value as bfloat16 wherever it reads it.
    private func accepts(_ node: Node, _ value: ValueID, _ graph: Graph) -> Bool {
        let places = node.inputs.indices.filter { node.inputs[$0] == value }
        switch node.op {
        case let product as FusedMatMul: return Self.isTaken(product, node, graph) && places == [0]
        case is PackedAttention: return places == [0]
        case is ScaledDotProductAttention: return places.allSatisfy { $0 < 3 }
        default:
            let moved = node.movedInputs
            return !moved.isEmpty && places.allSatisfy(moved.contains) && node.outputs.allSatisfy(self.taken.contains)
        }
    }

    /// A product of rows with one constant matrix.
    static func isTaken(_ product: FusedMatMul, _ node: Node, _ graph: Graph) -> Bool {
        guard product.precision == .float32, !product.transposeA, let weights = node.inputs[1] else { return false }
        return graph[weights].constant != nil && graph[weights].type.rank == 2
    }
}

extension Rewriter {
    fileprivate mutating func converted(_ id: ValueID, to type: DataType) throws(GraphError) -> ValueID {
        guard self.new[id].type.dataType != type else { return id }
        return try self.new.apply(Cast(to: type), id, name: "\(self.new[id].name)/\(type.rawValue)")
    }
}
