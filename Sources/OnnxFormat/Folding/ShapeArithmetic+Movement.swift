import Graph

extension ShapeArithmetic {
    static let movement: [String: (attributes: Set<String>, rule: Rule)] = [
        "Gather": (["axis"], { (node) throws(GraphError) in try node.gathered() }),
        "Slice": ([], { (node) throws(GraphError) in try node.sliced() }),
        "Concat": (["axis"], { (node) throws(GraphError) in try node.concatenated() }),
        "Unsqueeze": ([], { (node) throws(GraphError) in try node.unsqueezed() }),
        "Squeeze": ([], { (node) throws(GraphError) in try node.squeezed() }),
        "Reshape": (
            ["allowzero"],
            { (node) throws(GraphError) in
                try node.viewed(Reshape(try node.sizes(1), allowsZero: try node.int("allowzero") ?? 0 != 0))
            }
        ),
        "Expand": ([], { (node) throws(GraphError) in try node.expanded() }),
        "ReduceProd": (
            ["axes", "keepdims"],
            { (node) throws(GraphError) in
                try node.reduced(1) { $0.multipliedReportingOverflow(by: $1) }
            }
        ),
        "ReduceSum": (
            ["keepdims"],
            { (node) throws(GraphError) in
                try node.reduced(0) { $0.addingReportingOverflow($1) }
            }
        ),
    ]
}

extension ShapeArithmetic.FoldedNode {
    /// An index that may count from the end.
    private func index(_ value: Int, size: Int, _ what: String) throws(GraphError) -> Int {
        guard value >= -size, value < size else {
            throw GraphError(.attribute, self.type, "\(what) \(value) is outside \(size) elements")
        }
        return value < 0 ? value + size : value
    }

    fileprivate func viewed(_ op: Reshape) throws(GraphError) -> SmallTensor? {
        let x = try self.input(0)
        let types = try op.outputTypes([TensorType(x.dataType, x.shape)])
        return SmallTensor(x.dataType, types[0].shape, x.elements)
    }

    /// Along the first axis, of vectors: all that sizes need.
    fileprivate func gathered() throws(GraphError) -> SmallTensor? {
        let x = try self.input(0)
        let indices = try self.input(1)
        guard x.shape.count == 1, try self.index(try self.int("axis") ?? 0, size: 1, "axis") == 0, let wanted = indices.ints
        else { return nil }
        let picked = try wanted.map { (value) throws(GraphError) in try self.index(value, size: x.shape[0], "index") }
        return x.picking(picked, shape: indices.shape)
    }

    fileprivate func sliced() throws(GraphError) -> SmallTensor? {
        let x = try self.input(0)
        let op = Slice(
            starts: try self.sizes(1), ends: try self.sizes(2), axes: self.optional(3) == nil ? [] : try self.sizes(3),
            steps: self.optional(4) == nil ? [] : try self.sizes(4))
        let ranges = try op.ranges(in: x.shape)
        let shape = ranges.map(\.count)
        let strides = TensorType(x.dataType, x.shape).strides
        let start = zip(ranges, strides).reduce(0) { $0 + $1.0.start * $1.1 }
        let count = shape.reduce(1, *)
        return x.picking(
            offsets(shape, strides: zip(ranges, strides).map { $0.step * $1 }, start: start, count: count), shape: shape)
    }

    /// Of vectors.
    fileprivate func concatenated() throws(GraphError) -> SmallTensor? {
        let parts = self.inputs.compactMap { $0 }
        guard let first = parts.first, parts.count == self.inputs.count, let axis = try self.int("axis"),
            parts.allSatisfy({ $0.shape.count == 1 && $0.dataType == first.dataType })
        else { return nil }
        _ = try self.index(axis, size: 1, "axis")
        let count = parts.reduce(0) { $0 + $1.count }
        if first.ints == nil { return SmallTensor(first.dataType, [count], .floats(parts.flatMap(\.doubles))) }
        return SmallTensor(first.dataType, [count], .ints(parts.flatMap { $0.ints ?? [] }))
    }

    fileprivate func unsqueezed() throws(GraphError) -> SmallTensor? {
        let x = try self.input(0)
        let axes = try self.sizes(1)
        let rank = x.shape.count + axes.count
        guard rank <= 16 else { throw GraphError(.shape, self.type, "\(rank) axes") }
        let added = Set(try axes.map { (axis) throws(GraphError) in try self.index(axis, size: rank, "axis") })
        guard added.count == axes.count else { throw GraphError(.attribute, self.type, "an axis is named twice") }
        var sizes = x.shape[...]
        return SmallTensor(x.dataType, (0..<rank).map { added.contains($0) ? 1 : sizes.popFirst() ?? 1 }, x.elements)
    }

    fileprivate func squeezed() throws(GraphError) -> SmallTensor? {
        let x = try self.input(0)
        let rank = x.shape.count
        let axes =
            self.optional(1) == nil
            ? x.shape.indices.filter { x.shape[$0] == 1 }
            : try self.sizes(1).map { (axis) throws(GraphError) in try self.index(axis, size: rank, "axis") }
        guard axes.allSatisfy({ x.shape[$0] == 1 }) else { throw GraphError(.shape, self.type, "axes \(axes) of \(x.shape)") }
        return SmallTensor(x.dataType, x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] }, x.elements)
    }

    fileprivate func expanded() throws(GraphError) -> SmallTensor? {
        let x = try self.input(0)
        let wanted = try self.sizes(1)
        guard wanted.allSatisfy({ $0 >= 0 }) else { throw GraphError(.attribute, self.type, "negative size") }
        let shape = try Broadcast.shape(x.shape, wanted, in: self.type)
        return positions(x.shape, in: shape).flatMap { x.picking($0, shape: shape) }
    }

    /// Over all elements of a vector.
    fileprivate func reduced(
        _ initial: Int, _ combine: (Int, Int) -> (partialValue: Int, overflow: Bool)
    ) throws(GraphError) -> SmallTensor? {
        let x = try self.input(0)
        guard x.shape.count == 1, let values = x.ints else { return nil }
        // The only axis of a vector is the same whether it is named or not.
        if case .ints(let axes)? = self.attributes["axes"], axes != [0], axes != [-1] { return nil }
        if self.optional(1) != nil, try self.sizes(1) != [0], try self.sizes(1) != [-1] { return nil }
        var result = initial
        for value in values {
            let (next, overflow) = combine(result, value)
            guard !overflow else { throw self.overflow() }
            result = next
        }
        return SmallTensor(x.dataType, try self.int("keepdims") ?? 1 == 0 ? [] : [1], .ints([result]))
    }
}
