package import Graph

extension Pass {
    /// Drops what changes nothing: conversions to the same type, reshapes to the same shape, transpositions that keep the
    /// order, resizing to the same size, identities. Cuts of cuts become one.
    package static let simplify = Pass("simplify") { (graph) throws(GraphError) in
        try graph.rewritten { (rewriter, node) throws(GraphError) in
            guard let input = node.inputs.first ?? nil, node.outputs.count == 1 else { return nil }
            if let slice = node.op as? Slice { return try rewriter.joined(slice, node, input) }
            let type = rewriter.old[input].type
            let isIdle =
                switch node.op {
                case is Identity, is Cast, is Reshape, is Squeeze, is Unsqueeze, is Flatten, is Expand:
                    rewriter.old[node.outputs[0]].type == type
                case let resize as Resize: resize.keepsPlaces && rewriter.old[node.outputs[0]].type == type
                case let transpose as Transpose: transpose.order(rank: type.rank) == Array(0..<type.rank)
                default: false
                }
            return isIdle ? [rewriter[input]] : nil
        }
    }

    /// Computes equal nodes on equal inputs once.
    package static let shareCommon = Pass("shareCommon") { (graph) throws(GraphError) in
        var known: [Reading: [(op: any Operator, outputs: [ValueID])]] = [:]
        var constants: [String: ValueID] = [:]
        return try graph.rewritten { (rewriter, node) throws(GraphError) in
            let inputs = node.inputs.map { input -> Int? in
                guard let input else { return nil }
                let id = rewriter[input]
                guard let text = Self.smallConstant(rewriter.new[id]) else { return id.index }
                let first = constants[text, default: id]
                constants[text] = first
                return first.index
            }
            let reading = Reading(operation: node.op.name, inputs: inputs)
            // Most nodes are the only ones with their inputs, and need no text.
            if let others = known[reading], Self.isDescribed(node.op) {
                let text = "\(node.op)"
                if let same = others.first(where: { Self.isDescribed($0.op) && "\($0.op)" == text }) { return same.outputs }
            }
            let outputs = try rewriter.copy(node)
            known[reading, default: []].append((node.op, outputs))
            return outputs
        }
    }

    /// An operator's name and the values that it reads.
    private struct Reading: Hashable {
        let operation: String
        let inputs: [Int?]
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

extension Rewriter {
    /// A range of a range that nothing else reads as one range of the whole.
    fileprivate mutating func joined(_ slice: Slice, _ node: Node, _ input: ValueID) throws(GraphError) -> [ValueID]? {
        guard self.hasOneReader(input), let inner = self.new.producer(of: self[input]), let first = inner.op as? Slice,
            let whole = inner.inputs[0]
        else { return nil }
        let outer = try first.ranges(in: self.new[whole].type.shape)
        let ranges = try slice.ranges(in: self.new[self[input]].type.shape)
        guard (outer + ranges).allSatisfy({ $0.step == 1 && $0.count > 0 }) else { return nil }
        let starts = zip(outer, ranges).map { $0.start + $1.start }
        let ends = zip(starts, ranges).map { $0 + $1.count }
        return try self.new.append(Slice(starts: starts, ends: ends), [whole], name: node.name)
    }
}

extension Resize {
    /// Every element lies where one of the input does, if the sizes are the same.
    fileprivate var keepsPlaces: Bool {
        switch self.target {
        case .sizes: self.crop == nil
        case .scales(let scales): self.crop == nil && scales.allSatisfy { $0 == 1 }
        case .proportional: false
        }
    }
}
