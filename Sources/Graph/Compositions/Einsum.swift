/// Sums of products over named axes. ONNX `Einsum` 12.
///
/// Two operands at a time become one (batched) matrix product where they are float32 and share a summed axis; else they are
/// multiplied and summed.
struct Einsum: OnnxComposition {
    static let onnxTypes = ["Einsum"]

    private typealias Label = EinsumEquation.Label

    private let text: String

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        guard let text = try reader.string("equation") else { throw GraphError(.attribute, "Einsum", "no equation") }
        self.text = text
    }

    /// A value whose axes have names, no two the same.
    private struct Operand {
        var id: ValueID
        var labels: [Label]
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        var ids: [ValueID] = []
        for index in inputs.indices { ids.append(try self.input(inputs, index)) }
        let equation = try EinsumEquation(self.text, ranks: ids.map { graph.type($0).rank })
        let sizes = try self.sizes(equation, ids.map { graph.type($0).shape })
        var operands: [Operand] = []
        for (id, labels) in zip(ids, equation.operands) {
            let plain = try self.diagonal(&graph, Operand(id: id, labels: labels))
            operands.append(try self.withoutRepeated(&graph, plain, sizes))
        }
        while operands.count > 1 {
            let (a, b) = (operands[0], operands[1])
            operands.removeFirst(2)
            let kept = Set(equation.result).union(operands.flatMap(\.labels))
            operands.insert(try self.product(&graph, a, b, keeping: kept), at: 0)
        }
        let last = try self.summed(&graph, operands[0], keeping: Set(equation.result))
        return [try self.ordered(&graph, last, equation.result).id]
    }

    /// The size of every label; 1 gives way to what it is repeated to.
    private func sizes(_ equation: EinsumEquation, _ shapes: [[Int]]) throws(GraphError) -> [Label: Int] {
        var sizes: [Label: Int] = [:]
        for (label, size) in zip(equation.operands.joined(), shapes.joined()) {
            let known = sizes[label] ?? 1
            guard known == size || known == 1 || size == 1 else {
                throw GraphError(.shape, self.name, "\(self.text) gives one axis \(known) and \(size) elements")
            }
            sizes[label] = known == 1 ? size : known
        }
        guard TensorType.checkedElementCount(Array(sizes.values)) != nil else {
            throw GraphError(.shape, self.name, "\(self.text) for \(shapes)")
        }
        return sizes
    }

    /// Axes with one name become one.
    private func diagonal(_ graph: inout Graph, _ operand: Operand) throws(GraphError) -> Operand {
        var operand = operand
        while let first = operand.labels.indices.first(where: { operand.labels[($0 + 1)...].contains(operand.labels[$0]) }),
            let second = operand.labels[(first + 1)...].firstIndex(of: operand.labels[first])
        {
            let others = operand.labels.indices.filter { $0 != first && $0 != second }
            let moved = try graph.transposed(operand.id, others + [first, second])
            let shape = graph.type(moved).shape
            let size = shape[shape.count - 1]
            guard shape[shape.count - 2] == size else { throw GraphError(.shape, self.name, "\(self.text): no square diagonal") }
            let flat = try graph.reshaped(moved, to: shape.dropLast(2) + [size * size])
            let steps = Slice(starts: [0], ends: [size * size], axes: [-1], steps: [size + 1])
            operand = Operand(
                id: try graph.apply(steps, flat), labels: others.map { operand.labels[$0] } + [operand.labels[first]])
        }
        return operand
    }

    /// Axes of size 1 that are larger elsewhere go: the products repeat what lacks an axis.
    private func withoutRepeated(
        _ graph: inout Graph, _ operand: Operand, _ sizes: [Label: Int]
    ) throws(GraphError) -> Operand {
        let shape = graph.type(operand.id).shape
        let kept = operand.labels.indices.filter { shape[$0] == sizes[operand.labels[$0]] }
        let id = try graph.reshaped(operand.id, to: kept.map { shape[$0] })
        return Operand(id: id, labels: kept.map { operand.labels[$0] })
    }

    private func summed(_ graph: inout Graph, _ operand: Operand, keeping kept: Set<Label>) throws(GraphError) -> Operand {
        let axes = operand.labels.indices.filter { !kept.contains(operand.labels[$0]) }
        guard !axes.isEmpty else { return operand }
        let sum = try graph.apply(ReduceSum(axes: axes, keepDimensions: false), operand.id)
        return Operand(id: sum, labels: operand.labels.filter(kept.contains))
    }

    private func ordered(_ graph: inout Graph, _ operand: Operand, _ order: [Label]) throws(GraphError) -> Operand {
        let places = order.compactMap { operand.labels.firstIndex(of: $0) }
        return Operand(id: try graph.transposed(operand.id, places), labels: order)
    }

    private func product(
        _ graph: inout Graph, _ left: Operand, _ right: Operand, keeping kept: Set<Label>
    ) throws(GraphError) -> Operand {
        let a = try self.summed(&graph, left, keeping: kept.union(right.labels))
        let b = try self.summed(&graph, right, keeping: kept.union(left.labels))
        let common = a.labels.filter(b.labels.contains)
        let batch = common.filter(kept.contains)
        let inner = common.filter { !kept.contains($0) }
        let rows = a.labels.filter { !common.contains($0) }
        let columns = b.labels.filter { !common.contains($0) }
        guard graph.type(a.id).dataType == .float32, !inner.isEmpty else {
            return try self.multiplied(&graph, a, b, batch + rows + columns, inner)
        }
        let first = try self.ordered(&graph, a, batch + rows + inner)
        let second = try self.ordered(&graph, b, batch + inner + columns)
        let (x, y) = (graph.type(first.id).shape, graph.type(second.id).shape)
        let batchShape = Array(x.prefix(batch.count))
        let rowShape = Array(x[batch.count..<(batch.count + rows.count)])
        let columnShape = Array(y.suffix(columns.count))
        let (m, n, k) = (rowShape.reduce(1, *), columnShape.reduce(1, *), x.suffix(inner.count).reduce(1, *))
        let product = try graph.apply(
            MatMul(), try graph.reshaped(first.id, to: batchShape + [m, k]),
            try graph.reshaped(second.id, to: batchShape + [k, n]))
        return Operand(
            id: try graph.reshaped(product, to: batchShape + rowShape + columnShape), labels: batch + rows + columns)
    }

    private func multiplied(
        _ graph: inout Graph, _ a: Operand, _ b: Operand, _ outer: [Label], _ inner: [Label]
    ) throws(GraphError) -> Operand {
        let all = outer + inner
        let product = try graph.apply(Mul(), try self.aligned(&graph, a, all), try self.aligned(&graph, b, all))
        return try self.summed(&graph, Operand(id: product, labels: all), keeping: Set(outer))
    }

    /// The operand with an axis of size 1 for each name that it lacks.
    private func aligned(_ graph: inout Graph, _ operand: Operand, _ all: [Label]) throws(GraphError) -> ValueID {
        let ordered = try self.ordered(&graph, operand, all.filter(operand.labels.contains))
        var sizes = graph.type(ordered.id).shape.makeIterator()
        return try graph.reshaped(ordered.id, to: all.map { operand.labels.contains($0) ? sizes.next() ?? 1 : 1 })
    }
}
