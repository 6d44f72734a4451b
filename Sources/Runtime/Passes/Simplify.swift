package import Graph

extension Pass {
    /// Drops what changes nothing: conversions to the same type, reshapes to the same shape, transpositions that keep the
    /// order, identities.
    package static let simplify = Pass("simplify") { (graph) throws(GraphError) in
        try graph.rewritten { (rewriter, node) throws(GraphError) in
            guard let input = node.inputs.first ?? nil, node.outputs.count == 1 else { return nil }
            let type = rewriter.old[input].type
            let isIdle =
                switch node.op {
                case is Identity, is Cast, is Reshape, is Squeeze, is Unsqueeze, is Flatten, is Expand:
                    rewriter.old[node.outputs[0]].type == type
                case let transpose as Transpose: transpose.order(rank: type.rank) == Array(0..<type.rank)
                default: false
                }
            return isIdle ? [rewriter[input]] : nil
        }
    }

    /// Computes equal nodes on equal inputs once.
    package static let shareCommon = Pass("shareCommon") { (graph) throws(GraphError) in
        var known: [String: [ValueID]] = [:]
        var constants: [String: ValueID] = [:]
        return try graph.rewritten { (rewriter, node) throws(GraphError) in
            guard Self.isDescribed(node.op) else { return nil }
            var names: [String] = []
            for input in node.inputs {
                guard let input else {
                    names.append("_")
                    continue
                }
                let id = rewriter[input]
                let text = Self.smallConstant(rewriter.new[id]) ?? ""
                let first = text.isEmpty ? id : constants[text, default: id]
                if !text.isEmpty { constants[text] = first }
                names.append(String(first.index))
            }
            let key = "\(node.op.name) \(node.op) \(names)"
            if let same = known[key] { return same }
            let outputs = try rewriter.copy(node)
            known[key] = outputs
            return outputs
        }
    }

    /// The text of an operator says all of it: it holds no tensor, and draws no random numbers.
    private static func isDescribed(_ op: any Operator) -> Bool {
        !Mirror(reflecting: op).children.contains { $0.value is Tensor || $0.value is [Tensor] || $0.value is Tensor? }
            && !(op is Dropout)
    }

    /// Type and elements of a constant of a few bytes.
    private static func smallConstant(_ value: Value) -> String? {
        guard let tensor = value.constant, tensor.type.byteCount <= 64 else { return nil }
        let bytes = UnsafeRawBufferPointer(start: tensor.rawPointer, count: tensor.type.byteCount)
        return "\(tensor.type) \(Array(bytes))"
    }
}
