package import Graph

extension Pass {
    /// Lets attention read queries, keys and values where projections left them, as tokens or side by side in one tensor, and
    /// write its result as tokens, so that no operand is copied. Runs after `fuseAttention`; `cancelTransposes` takes away what
    /// is left over.
    package static let attendInPlace = Pass("attendInPlace") { (graph) throws(GraphError) in
        let views = StridedViews(graph, withCuts: true)
        return try graph.rewritten { (rewriter, node) throws(GraphError) in
            guard let op = node.op as? ScaledDotProductAttention, let match = AttentionInPlace(op, node, rewriter, views) else {
                return nil
            }
            return [try match.emit(&rewriter)]
        }
    }
}

/// An operand in the tensor that it is a view of.
private struct Located {
    let root: ValueID
    /// Four axes, or five with the parts'.
    let shape: [Int]
    let operand: AttentionOperand

    /// A view `[B, H, N, D]`; nil where heads do not lie at equal distances in the root, or a row's elements are not neighbours.
    init?(_ view: StridedView) {
        guard let groups = view.groups(), groups.allSatisfy({ $0.count <= 1 }), view.shape[3] == 1 || groups[3][0].stride == 1
        else { return nil }
        // An axis of one element lies where it disturbs least: heads beside their elements, the others outside.
        let idle = [Int.max, 0, Int.max]
        let distances = (0..<3).map { groups[$0].first?.stride ?? idle[$0] }
        let outwards = (0..<3).sorted { (distances[$0], $0) < (distances[$1], $1) }
        var inwardShape = [view.shape[3]]
        var axes = [0, 0, 0]
        var parts: (index: Int, axis: Int)?
        var distance = view.shape[3]
        /// Adds the axis of the parts where a distance is a multiple of what lies inside it.
        func reaches(_ next: Int) -> Bool {
            guard next != distance else { return true }
            guard parts == nil, next.isMultiple(of: distance), view.offset.isMultiple(of: distance),
                view.offset / distance < next / distance
            else { return false }
            parts = (view.offset / distance, inwardShape.count)
            inwardShape.append(next / distance)
            distance = next
            return true
        }
        for axis in outwards {
            guard view.shape[axis] == 1 || reaches(distances[axis]) else { return nil }
            axes[axis] = inwardShape.count
            inwardShape.append(view.shape[axis])
            distance *= view.shape[axis]
        }
        guard reaches(view.rootType.elementCount), parts != nil || view.offset == 0 else { return nil }
        self.root = view.root
        self.shape = inwardShape.reversed()
        let last = inwardShape.count - 1
        self.operand = AttentionOperand(axes: axes.map { last - $0 }, part: parts?.index)
    }
}

/// Attention whose operands, or whose result, can lie otherwise than head by head.
private struct AttentionInPlace {
    private let node: Node
    private let scale: Float?
    /// `[B, H, N, E]`; batch may have been part of the heads.
    private let resultShape: [Int]
    /// q, k and v.
    private let operands: [Located]
    private let result: AttentionOperand

    init?(_ op: ScaledDotProductAttention, _ node: Node, _ rewriter: Rewriter, _ views: StridedViews) {
        let graph = rewriter.old
        guard op == ScaledDotProductAttention(scale: op.scale), let y = StridedView(node.outputs[0], graph[node.outputs[0]].type)
        else { return nil }
        var operandViews: [StridedView] = []
        for case let input? in node.inputs.prefix(3) {
            guard let view = views[input] ?? StridedView(input, graph[input].type) else { return nil }
            operandViews.append(view)
        }
        let outer = Self.batchAndHeads(operandViews)
        let shapes = operandViews.map { outer + $0.shape.suffix(2) }
        var operands: [Located] = []
        for (index, (view, shape)) in zip(operandViews, shapes).enumerated() {
            let own = node.inputs[index].flatMap { StridedView($0, graph[$0].type) }
            guard let located = Located(view.reshaped(shape)) ?? own.flatMap({ Located($0.reshaped(shape)) }) else { return nil }
            operands.append(located)
        }
        self.resultShape = outer + y.shape.suffix(2)
        self.result = Self.arrangement(of: y, self.resultShape, rewriter)
        self.operands = operands
        self.node = node
        self.scale = op.scale
        guard (operands.map(\.operand) + [self.result]).contains(where: { $0 != .heads }) else { return nil }
    }

    /// B and H, where a batch of one may be taken apart: it and the heads of every operand were one axis.
    private static func batchAndHeads(_ views: [StridedView]) -> [Int] {
        let outer = Array(views[0].shape.prefix(2))
        guard outer[0] == 1 else { return outer }
        let splits = Set(views.compactMap { $0.groups()?[1].map(\.size) }.filter { $0.count == 2 })
        return splits.count == 1 ? splits.first ?? outer : outer
    }

    /// The order in which everything that follows reads the result.
    private static func arrangement(of y: StridedView, _ shape: [Int], _ rewriter: Rewriter) -> AttentionOperand {
        var (view, value) = (y, y.root)
        while view.transposeCount == 0 {
            guard rewriter.hasOneReader(value), let reader = rewriter.readers(of: value).first, reader.outputs.count == 1,
                reader.op is Transpose || reader.op is any ViewOperator,
                let next = view.after(reader, output: 0, rewriter.old)
            else { return .heads }
            (view, value) = (next, reader.outputs[0])
        }
        let arrangements = [[0, 2, 1], [1, 2, 0], [1, 0, 2], [2, 0, 1], [2, 1, 0]].map { AttentionOperand(axes: $0) }
        return arrangements.first { arrangement in
            y.reshaped(shape).transposed(arrangement.order)?.axes == view.axes
        } ?? .heads
    }

    /// The attention under the node's name, and its result in the node's shape.
    func emit(_ rewriter: inout Rewriter) throws(GraphError) -> ValueID {
        var y: ValueID
        if self.isPacked {
            let (b, n, h, d) = (self.resultShape[0], self.resultShape[2], self.resultShape[1], self.resultShape[3])
            let qkv = try rewriter.shaped(rewriter[self.operands[0].root], [b, n, 3 * h * d], name: "\(self.node.name)/qkv")
            y = try rewriter.new.apply(PackedAttention(heads: h, scale: self.scale), qkv, name: self.node.name)
            y = try rewriter.shaped(y, [b, n, h, d], name: "\(self.node.name)/tokens")
        } else {
            let op = ScaledDotProductAttention(
                scale: self.scale, queries: self.operands[0].operand, keys: self.operands[1].operand,
                values: self.operands[2].operand, result: self.result)
            var inputs: [ValueID?] = []
            for (operand, name) in zip(self.operands, ["queries", "keys", "values"]) {
                inputs.append(try rewriter.shaped(rewriter[operand.root], operand.shape, name: "\(self.node.name)/\(name)"))
            }
            for bias in rewriter.mapped(Array(self.node.inputs.dropFirst(3))) {
                inputs.append(try bias.map { (bias) throws(GraphError) in try self.split(bias, &rewriter) })
            }
            y = try rewriter.new.append(op, inputs, name: self.node.name)[0]
        }
        if self.result != .heads {
            y = try rewriter.new.apply(Transpose(permutation: self.result.axes + [3]), y, name: "\(self.node.name)/heads")
        }
        return try rewriter.shaped(y, rewriter.old[self.node.outputs[0]].type.shape, name: "\(self.node.name)/batch")
    }

    /// The operands are the parts of one tensor, and the result is tokens: what `PackedAttention` is for.
    private var isPacked: Bool {
        self.node.inputs.dropFirst(3).allSatisfy { $0 == nil } && self.result == .tokens
            && self.operands.enumerated().allSatisfy { index, located in
                located.operand == AttentionOperand(axes: [0, 3, 1], part: index) && located.root == self.operands[0].root
                    && located.shape[2] == 3 && located.shape[1] == self.resultShape[2]
            }
    }

    /// A bias whose axis of heads held the batch, too, with an axis for each.
    private func split(_ bias: ValueID, _ rewriter: inout Rewriter) throws(GraphError) -> ValueID {
        let shape = rewriter.new[bias].type.shape
        guard shape.count >= 3, shape[shape.count - 3] == self.resultShape[0] * self.resultShape[1] else { return bias }
        return try rewriter.shaped(bias, Array(self.resultShape.prefix(2)) + shape.suffix(2), name: "\(self.node.name)/bias")
    }
}
