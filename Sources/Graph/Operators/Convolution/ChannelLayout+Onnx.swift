extension ChannelLayout {
    /// The axis order that turns a tensor of this layout into channels-first.
    package func permutationToFirst(rank: Int) -> [Int] {
        switch self {
        case .first: Array(0..<rank)
        case .last: [0, rank - 1] + Array(1..<(rank - 1))
        }
    }

    /// The axis order that turns a channels-first tensor into this layout.
    package func permutationFromFirst(rank: Int) -> [Int] {
        switch self {
        case .first: Array(0..<rank)
        case .last: [0] + Array(2..<rank) + [1]
        }
    }

    /// Spells an operator with one image-like input and output: a node where it is channels-first, else the
    /// channels-first operator between two transpositions.
    /// - Parameter first: the same operator with layout `.first`.
    package func spelling(_ node: OnnxNode, first: any Operator) -> OnnxSpelling {
        switch self {
        case .first: .node(node)
        case .last:
            .lowered { (graph, inputs) throws(GraphError) in
                guard let x = inputs[0] else { throw GraphError(.arity, first.name, "input 0 is absent") }
                let rank = graph[x].type.rank
                let turned = try graph.apply(Transpose(permutation: self.permutationToFirst(rank: rank)), x)
                let y = try graph.append(first, [turned] + inputs.dropFirst())[0]
                return [try graph.apply(Transpose(permutation: self.permutationFromFirst(rank: rank)), y)]
            }
        }
    }
}
