package import Graph

extension Pass {
    /// Makes chains of reshapes and transpositions as short as they can be: nothing where they cancel, a reshape where no
    /// element changes its place, else one transposition. What is only cut apart afterwards is cut before it is transposed.
    package static let cancelTransposes = Pass("cancelTransposes") { (graph) throws(GraphError) in
        var graph = graph
        // What was cut begins a new chain, which may be cut again.
        for _ in 0..<4 {
            var wasCut = false
            graph = try graph.withShortChains(&wasCut)
            guard wasCut else { break }
        }
        return graph
    }
}

extension Graph {
    /// - Parameter wasCut: made true where something is cut before it is transposed.
    fileprivate func withShortChains(_ wasCut: inout Bool) throws(GraphError) -> Graph {
        let views = StridedViews(self, withCuts: false)
        return try self.rewritten { (rewriter, node) throws(GraphError) in
            if let cuts = TransposedCuts(node, rewriter, views) {
                wasCut = true
                return try cuts.emit(&rewriter)
            }
            guard node.outputs.count == 1, let view = views[node.outputs[0]] else { return nil }
            let shape = rewriter.old[node.outputs[0]].type.shape
            if view.isWhole {
                if view.rootType.shape == shape { return [rewriter[view.root]] }
                guard node.op is Transpose || view.root != node.inputs[0] else { return nil }
                return [try rewriter.new.apply(Reshape(shape), rewriter[view.root], name: node.name)]
            }
            if node.op is any ViewOperator { return try rewriter.shortened(node, shape) }
            guard view.transposeCount > 1, view.isComplete, !rewriter.isForProducts(node) else { return nil }
            return [try rewriter.transposition(view, name: node.name)]
        }
    }
}

extension Rewriter {
    /// A view of a view as a view of what that one is of; nil where there is only one.
    fileprivate mutating func shortened(_ node: Node, _ shape: [Int]) throws(GraphError) -> [ValueID]? {
        guard let input = node.inputs[0], let inner = self.new.producer(of: self[input]), inner.op is any ViewOperator else {
            return nil
        }
        return try self.new.append(Reshape(shape), [inner.inputs[0]], name: node.name)
    }

    /// The node swaps the last two axes for matrix products, which read them either way.
    fileprivate func isForProducts(_ node: Node) -> Bool {
        guard let op = node.op as? Transpose, op.swapsLastAxes(rank: self.old[node.outputs[0]].type.rank) else { return false }
        let readers = self.readers(of: node.outputs[0])
        return !readers.isEmpty && readers.allSatisfy { $0.op is MatMul }
    }

    /// Emits a complete view as one transposition, with reshapes around it where the root's axes are cut or joined.
    fileprivate mutating func transposition(_ view: StridedView, name: String) throws(GraphError) -> ValueID {
        if let order = view.rootOrder { return try self.new.apply(Transpose(permutation: order), self[view.root], name: name) }
        let arrangement = Arrangement(view.axes)
        let apart = try self.shaped(self[view.root], arrangement.rootShape, name: name + "/apart")
        return try self.transposed(apart, arrangement.order, to: view.shape, name: name)
    }

    /// Emits a transposition under another shape; the last node has the name.
    fileprivate mutating func transposed(
        _ value: ValueID, _ order: [Int], to shape: [Int], name: String
    ) throws(GraphError) -> ValueID {
        let isShaped = order.map { self.new[value].type.shape[$0] } == shape
        let turned = try self.new.apply(Transpose(permutation: order), value, name: isShaped ? name : name + "/turned")
        return try self.shaped(turned, shape, name: name)
    }
}

/// The axes of a complete view as they follow each other in the root.
private struct Arrangement {
    let rootShape: [Int]
    /// The transposition of the root in that shape that gives the view.
    let order: [Int]

    init(_ axes: [StridedView.Axis]) {
        let inner = axes.indices.sorted { axes[$0].stride > axes[$1].stride }
        self.rootShape = inner.map { axes[$0].size }
        self.order = axes.indices.map { axis in inner.firstIndex(of: axis) ?? axis }
    }
}

/// Parts of a transposition's result, of which not all are read, so that fewer elements are moved when they are cut out first.
private struct TransposedCuts {
    private let node: Node
    private let root: ValueID
    private let arrangement: Arrangement
    /// The axis of the arranged root that is cut.
    private let axis: Int
    /// First index and count of each output.
    private let ranges: [Range<Int>]

    init?(_ node: Node, _ rewriter: Rewriter, _ views: StridedViews) {
        let graph = rewriter.old
        guard let input = node.inputs.first ?? nil, let view = views[input], view.isComplete, !view.isWhole,
            Self.isTransposedForNothingElse(input, rewriter), let cut = Self.cut(node, view.shape, graph),
            let groups = view.groups(), groups[cut.axis].count == 1
        else { return nil }
        let isRead = node.outputs.map { !rewriter.readers(of: $0).isEmpty || rewriter.isOutput($0) }
        let count = zip(cut.ranges, isRead).reduce(0) { $0 + ($1.1 ? $1.0.count : 0) }
        guard count < view.shape[cut.axis] else { return nil }
        self.node = node
        self.root = view.root
        self.arrangement = Arrangement(groups.flatMap(\.self))
        self.axis = self.arrangement.order[groups[..<cut.axis].reduce(0) { $0 + $1.count }]
        self.ranges = cut.ranges
    }

    /// The value is a transposition's result, under whatever shape, and only the cut reads it.
    private static func isTransposedForNothingElse(_ value: ValueID, _ rewriter: Rewriter) -> Bool {
        var value = value
        while rewriter.hasOneReader(value), let producer = rewriter.old.producer(of: value) {
            if producer.op is Transpose { return true }
            guard producer.op is any ViewOperator, let input = producer.inputs[0] else { return false }
            value = input
        }
        return false
    }

    private static func cut(_ node: Node, _ shape: [Int], _ graph: Graph) -> (axis: Int, ranges: [Range<Int>])? {
        switch node.op {
        case let op as Split:
            let axis = op.axis < 0 ? op.axis + shape.count : op.axis
            var ranges: [Range<Int>] = []
            for size in op.sizes { ranges.append((ranges.last?.upperBound ?? 0)..<((ranges.last?.upperBound ?? 0) + size)) }
            return (axis, ranges)
        case let op as Slice:
            guard let ranges = try? op.ranges(in: shape) else { return nil }
            let cut = ranges.indices.filter { ranges[$0].count != shape[$0] || ranges[$0].step != 1 }
            guard cut.count == 1, ranges[cut[0]].step == 1 else { return nil }
            return (cut[0], [ranges[cut[0]].start..<(ranges[cut[0]].start + ranges[cut[0]].count)])
        case let op as Gather:
            guard let index = op.constantIndex(node, shape, graph) else { return nil }
            return (op.axis < 0 ? op.axis + shape.count : op.axis, [index..<(index + 1)])
        default: return nil
        }
    }

    func emit(_ rewriter: inout Rewriter) throws(GraphError) -> [ValueID] {
        let apart = try rewriter.shaped(rewriter[self.root], self.arrangement.rootShape, name: "\(self.node.name)/apart")
        var results: [ValueID] = []
        for (range, output) in zip(self.ranges, self.node.outputs) {
            let value = rewriter.old[output]
            let slice = Slice(starts: [range.lowerBound], ends: [range.upperBound], axes: [self.axis])
            let part = try rewriter.new.apply(slice, apart, name: "\(value.name)/part")
            let (sizes, order) = (rewriter.new[part].type.shape, self.arrangement.order)
            let wide = order.filter { sizes[$0] != 1 }
            results.append(
                wide == wide.sorted()
                    ? try rewriter.shaped(part, value.type.shape, name: value.name)
                    : try rewriter.transposed(part, order, to: value.type.shape, name: value.name))
        }
        return results
    }
}

extension StridedView {
    /// The order of the root's axes that gives this view; nil where axes are cut or joined.
    fileprivate var rootOrder: [Int]? {
        guard self.shape.count == self.rootType.rank, let groups = self.groups() else { return nil }
        var left = Array(self.rootType.shape.indices)
        var order: [Int] = []
        let strides = self.rootType.strides
        for (size, group) in zip(self.shape, groups) {
            guard group.count <= 1,
                let place = left.firstIndex(where: { axis in
                    self.rootType.shape[axis] == size && (size == 1 || strides[axis] == group.first?.stride)
                })
            else { return nil }
            order.append(left.remove(at: place))
        }
        return order
    }
}
