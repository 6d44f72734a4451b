import Graph

/// An operator that can work on inputs whose axes are in another order, and gives the same numbers.
struct TurnedOperator {
    /// What computes the same of the turned inputs.
    let op: any Operator
    /// The inputs are the transpositions of what is read instead by this.
    let inputOrder: [Int]
    /// The node's result is the transposition of the new result by this.
    let order: [Int]
    /// Inputs that must be turned; the others are read as they are.
    let turnedInputs: [Int]

    /// - Parameters:
    ///   - node: with one output; the value that is turned is `input`.
    ///   - order: the input is the transposition of what can be read instead by this.
    init?(_ node: Node, input: Int, order: [Int], _ graph: Graph) {
        guard node.outputs.count == 1, let value = node.inputs[input] else { return nil }
        let rank = order.count
        switch node.op {
        case is any ElementwiseOperator:
            guard graph[node.outputs[0]].type.rank == rank else { return nil }
            // Scalars are the same however one turns them.
            let wide = node.inputs.indices.filter { node.inputs[$0].map { graph[$0].type.rank > 0 } ?? false }
            self.init(op: node.op, inputOrder: order, order: order, turnedInputs: wide)
        case let op as Concat:
            let axis = op.axis < 0 ? op.axis + rank : op.axis
            self.init(op: Concat(axis: order[axis]), inputOrder: order, order: order, turnedInputs: Array(node.inputs.indices))
        case let op as any ReducingOperator where input == 0:
            guard let axes = try? op.reduction.normalizedAxes(rank: rank, in: op.name), !axes.isEmpty else { return nil }
            let keeps = op.reduction.keepDimensions
            let reduction = Reduction(axes: axes.map { order[$0] }.sorted(), keepDimensions: keeps)
            let left = order.indices.filter { !axes.contains($0) }.map { order[$0] }
            let ranks = left.map { axis in left.count { $0 < axis } }
            self.init(op: op.reducing(reduction), inputOrder: order, order: keeps ? order : ranks, turnedInputs: [0])
        case let op as any SoftmaxForm where input == 0:
            let axis = op.axis < 0 ? op.axis + rank : op.axis
            // Rows that lie together are faster than columns.
            guard order[axis] == rank - 1 || axis != rank - 1 else { return nil }
            self.init(op: op.along(order[axis]), inputOrder: order, order: order, turnedInputs: [0])
        case let op as any RowNormalization where input == 0:
            let axis = op.axis < 0 ? op.axis + rank : op.axis
            guard Array(order[axis...]) == Array(axis..<rank) else { return nil }
            self.init(op: op, inputOrder: order, order: order, turnedInputs: [0])
        case is QuantizeLinear, is DequantizeLinear:
            // One scale for all elements.
            guard input == 0, let scale = node.inputs[1], graph[scale].type.elementCount == 1, graph[value].type.rank == rank
            else { return nil }
            self.init(op: node.op, inputOrder: order, order: order, turnedInputs: [0])
        default: return nil
        }
    }

    private init(op: any Operator, inputOrder: [Int], order: [Int], turnedInputs: [Int]) {
        self.op = op
        self.inputOrder = inputOrder
        self.order = order
        self.turnedInputs = turnedInputs
    }
}

extension ReducingOperator {
    fileprivate func reducing(_ reduction: Reduction) -> any Operator { Self(reduction) }
}

extension SoftmaxForm {
    fileprivate func along(_ axis: Int) -> any Operator { Self(axis: axis) }
}
