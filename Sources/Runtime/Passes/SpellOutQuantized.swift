package import Graph

extension Pass {
    /// Writes `QLinearConv` and `QLinearMatMul` with constant scales as float operators between `DequantizeLinear` and
    /// `QuantizeLinear`: the form that `computeInInt8` knows. Nodes with scales that are computed stay.
    ///
    /// So it writes `Mul(Cast(ConvInteger(x, w)), scale)` and the like of `MatMulInteger`, where x may have a scale that is
    /// computed and w has constant ones: how files say that a product quantises its left operand as it runs.
    package static let spellOutQuantized = Pass("spellOutQuantized") { (graph) throws(GraphError) in
        try graph.rewritten { (rewriter, node) throws(GraphError) in
            switch node.op {
            case let conv as QLinearConv: try SpellOutQuantized.convolution(conv, node, &rewriter)
            case is QLinearMatMul: try SpellOutQuantized.product(node, &rewriter)
            case is Mul: try DynamicProduct(node, rewriter)?.emit(&rewriter)
            case is Add: try DynamicProduct(biased: node, rewriter)?.emit(&rewriter)
            default: nil
            }
        }
    }
}

private enum SpellOutQuantized {
    static func convolution(_ conv: QLinearConv, _ node: Node, _ rewriter: inout Rewriter) throws(GraphError) -> [ValueID]? {
        guard let parts = Parts(node, x: 0, w: 3, axis: 0, rewriter.old) else { return nil }
        var inputs: [ValueID?] = [try parts.left(&rewriter), try parts.right(&rewriter)]
        if node.inputs.count > 8, let bias = node.inputs[8] {
            let count = rewriter.old[bias].type.elementCount
            let scales = (0..<count).map { parts.xScale.scale * parts.scales[parts.scales.count > 1 ? $0 : 0] }
            let scale = rewriter.new.constant(Tensor(scales, shape: [count]), name: "\(node.name)/bias_scale")
            let op = DequantizeLinear(grid: QuantizationGrid(axis: 0))
            inputs.append(try rewriter.new.apply(op, rewriter[bias], scale, name: "\(node.name)/bias"))
        }
        let y = try rewriter.new.append(Conv(window: conv.window), inputs, name: "\(node.name)/float32")[0]
        return [try rewriter.new.quantized(y, parts.yScale, name: node.name)]
    }

    static func product(_ node: Node, _ rewriter: inout Rewriter) throws(GraphError) -> [ValueID]? {
        guard let b = node.inputs[3], let a = node.inputs[0], rewriter.old[a].type.rank >= 2, rewriter.old[b].type.rank >= 2,
            let parts = Parts(node, x: 0, w: 3, axis: rewriter.old[b].type.rank - 1, rewriter.old)
        else { return nil }
        let y = try rewriter.new.apply(
            MatMul(), try parts.left(&rewriter), try parts.right(&rewriter), name: "\(node.name)/float32")
        return [try rewriter.new.quantized(y, parts.yScale, name: node.name)]
    }

    /// The operands of a node whose inputs are x, w and y, each with a scale and a zero point.
    private struct Parts {
        let xScale: ByteScale
        let yScale: ByteScale
        /// One, or one for each column or output channel.
        let scales: [Float]
        private let x: ValueID
        private let w: ValueID
        private let wScale: ValueID
        private let wZero: ValueID
        private let axis: Int
        private let name: String

        /// - Parameter axis: of w, along which its scale may change.
        init?(_ node: Node, x: Int, w: Int, axis: Int, _ graph: Graph) {
            let present = node.inputs.prefix(8).compactMap(\.self)
            guard present.count == 8, let xScale = ByteScale(present[x + 1], present[x + 2], graph),
                let yScale = ByteScale(present[6], present[7], graph), let scales = graph[present[w + 1]].constant,
                let zeros = graph[present[w + 2]].constant?.doubles, graph[present[w + 2]].type.rank <= 1,
                scales.type.dataType == .float32, scales.type.rank <= 1,
                zeros.allSatisfy({ $0 == zeros.first })
            else { return nil }
            // As many zero points as scales.
            guard zeros.count == scales.type.elementCount else { return nil }
            (self.xScale, self.yScale, self.scales) = (xScale, yScale, scales.array(of: Float.self))
            (self.x, self.w, self.wScale, self.wZero) = (present[x], present[w], present[w + 1], present[w + 2])
            (self.axis, self.name) = (axis, node.name)
        }

        func left(_ rewriter: inout Rewriter) throws(GraphError) -> ValueID {
            try rewriter.new.dequantized(rewriter[self.x], self.xScale, name: "\(self.name)/left")
        }

        func right(_ rewriter: inout Rewriter) throws(GraphError) -> ValueID {
            let op = DequantizeLinear(grid: QuantizationGrid(axis: self.axis))
            return try rewriter.new.apply(
                op, rewriter[self.w], rewriter[self.wScale], rewriter[self.wZero], name: "\(self.name)/right")
        }
    }
}
