import Graph

/// A product or convolution of float32 values that are all dequantised from bytes.
struct Int8Product {
    enum Kind {
        case matrix(transposeB: Bool)
        case convolution(Conv)
    }

    let kind: Kind
    /// The bytes of the left operand, or of x.
    let a: ValueID
    let aSteps: ByteSteps
    /// The bytes of the right operand, or of the weights.
    let b: ValueID
    /// How the axes of b are moved before the product; nil where they stay.
    let bOrder: [Int]?
    let bZero: Int
    /// What one step of both operands together is worth, for each column or output channel; but for the left operand's scale
    /// where that is computed.
    let scales: [Float]
    let bias: Bias
    /// The float32 values that the bytes replace.
    let operands: [ValueID]

    enum Bias {
        case none
        /// float32, one for each column.
        case value(ValueID)
        /// What constant integers stand for.
        case numbers([Float])
    }

    /// Nil for other nodes, and where an operand is no float32 value that stands for bytes.
    init?(_ node: Node, _ graph: Graph) {
        guard node.inputs.count >= 2, let a = node.inputs[0], let b = node.inputs[1], let left = graph.steps(of: a) else {
            return nil
        }
        let rank = graph[b].type.rank
        let addend = node.inputs.count > 2 ? node.inputs[2] : nil
        var factor = Float(1)
        let right: Int8Operand?
        switch node.op {
        case is MatMul:
            guard graph[a].type.rank >= 2, rank >= 2 else { return nil }
            right = Int8Operand(b, axis: rank - 1, mayBeTransposed: true, graph)
            self.kind = .matrix(transposeB: right?.isTransposed ?? false)
        case let gemm as Gemm:
            guard !gemm.transA, addend == nil || gemm.beta == 1, gemm.alpha.isFinite else { return nil }
            factor = gemm.alpha
            right = Int8Operand(b, axis: gemm.transB ? 0 : 1, mayBeTransposed: false, graph)
            self.kind = .matrix(transposeB: gemm.transB)
        case let conv as Conv:
            right = Int8Operand(b, axis: 0, mayBeTransposed: false, graph)
            self.kind = .convolution(conv)
        default: return nil
        }
        guard let right, let bias = Bias(addend, columns: right.scales.count, graph),
            Self.depth(node, graph) <= Self.mostDepth
        else { return nil }
        self.a = left.value
        self.aSteps = left.steps
        self.b = right.value
        self.bOrder = right.order
        self.bZero = right.zero
        self.scales = right.scales.map { left.steps.scale * $0 * factor }
        self.bias = bias
        self.operands = [a, b]
    }

    /// Sums of more products of bytes could leave int32.
    static let mostDepth = 32_768

    /// How many products a sum has.
    private static func depth(_ node: Node, _ graph: Graph) -> Int {
        guard let a = node.inputs[0], let b = node.inputs[1] else { return 0 }
        return node.op is Conv ? graph[b].type.shape.dropFirst().reduce(1, *) : graph[a].type.shape.last ?? 0
    }

    /// The operator with this epilogue.
    func op(_ epilogue: QuantizedEpilogue) -> any Operator {
        switch self.kind {
        case .matrix(let transposeB):
            QuantizedMatMul(transposeB: transposeB, aZero: self.aSteps.zero, bZero: self.bZero, epilogue: epilogue)
        case .convolution(let conv):
            QuantizedConv(
                window: conv.window, layout: conv.layout, xZero: self.aSteps.zero, wZero: self.bZero, epilogue: epilogue)
        }
    }
}

extension ByteSteps {
    /// The scale as far as it is known.
    fileprivate var scale: Float {
        switch self {
        case .fixed(let bytes): bytes.scale
        case .computed: 1
        }
    }

    /// The zero point as far as it is known.
    fileprivate var zero: Int {
        switch self {
        case .fixed(let bytes): bytes.zero
        case .computed: 0
        }
    }
}

/// The right operand of a product: bytes with one zero point, and a scale for each column or output channel.
private struct Int8Operand {
    let value: ValueID
    let zero: Int
    let scales: [Float]
    /// How the axes of the bytes are moved; nil where they stay.
    let order: [Int]?
    /// The last two axes of what comes out of that are swapped.
    let isTransposed: Bool

    /// - Parameter axis: of the columns or output channels.
    init?(_ id: ValueID, axis: Int, mayBeTransposed: Bool, _ graph: Graph) {
        guard let node = graph.producer(of: id), let source = node.inputs.first ?? nil else { return nil }
        let count = graph[id].type.shape[axis]
        let rank = graph[id].type.rank
        if mayBeTransposed, let turned = Self.turned(node, graph), turned.order == nil {
            // The numbers are transposed: what they are dequantised from has its columns on the axis before.
            guard let inner = Int8Operand(source, axis: rank - 2, mayBeTransposed: false, graph) else { return nil }
            (self.value, self.zero, self.scales) = (inner.value, inner.zero, inner.scales)
            (self.order, self.isTransposed) = (nil, true)
            return
        }
        guard let dequantize = node.op as? DequantizeLinear else { return nil }
        if let scale = ByteScale(node, graph) {
            self.zero = scale.zero
            self.scales = [Float](repeating: scale.scale, count: count)
        } else {
            guard let grid = Self.columns(dequantize, node, axis: axis, count: count, graph) else { return nil }
            (self.zero, self.scales) = grid
        }
        // The bytes may be transposed themselves.
        if mayBeTransposed, let inner = graph.producer(of: source), let turned = Self.turned(inner, graph) {
            (self.value, self.order, self.isTransposed) = (turned.source, turned.order, true)
        } else {
            (self.value, self.order, self.isTransposed) = (source, nil, false)
        }
    }

    /// What a transposition that puts the innermost axis before the last one reads, and the order that leaves the innermost
    /// axis where it is (so that whole rows move); nil for no order at all.
    private static func turned(_ node: Node, _ graph: Graph) -> (source: ValueID, order: [Int]?)? {
        guard let transpose = node.op as? Transpose, let source = node.inputs[0] else { return nil }
        let rank = graph[source].type.rank
        var order = transpose.order(rank: rank)
        guard rank >= 2, order[rank - 2] == rank - 1 else { return nil }
        order.swapAt(rank - 2, rank - 1)
        return (source, order == Array(0..<rank) ? nil : order)
    }

    /// One constant scale for each index of the axis, and the zero point that all of them share.
    private static func columns(
        _ op: DequantizeLinear, _ node: Node, axis: Int, count: Int, _ graph: Graph
    ) -> (zero: Int, scales: [Float])? {
        guard let source = node.inputs[0], let id = node.inputs[1], let scale = graph[id].constant,
            ElementTypes.bytes.contains(graph[source].type.dataType), scale.type == TensorType(.float32, [count]),
            op.to ?? .float32 == .float32, op.grid.blockSize == 0
        else { return nil }
        let rank = graph[source].type.rank
        guard op.grid.axis == axis || op.grid.axis + rank == axis else { return nil }
        let scales = scale.array(of: Float.self)
        guard scales.allSatisfy(\.isFinite) else { return nil }
        guard node.inputs.count > 2, let zeroID = node.inputs[2] else { return (0, scales) }
        guard let zeros = graph[zeroID].constant?.doubles, let zero = zeros.first, zeros.allSatisfy({ $0 == zero }) else {
            return nil
        }
        return (Int(zero), scales)
    }
}

extension Int8Product.Bias {
    /// Nil for what is no bias of that many columns.
    fileprivate init?(_ id: ValueID?, columns: Int, _ graph: Graph) {
        guard let id else {
            self = .none
            return
        }
        guard graph[id].type == TensorType(.float32, [columns]) else { return nil }
        if let numbers = Self.dequantized(id, graph) {
            self = .numbers(numbers)
        } else {
            self = .value(id)
        }
    }

    /// What constant integers stand for.
    private static func dequantized(_ id: ValueID, _ graph: Graph) -> [Float]? {
        guard let node = graph.producer(of: id), let op = node.op as? DequantizeLinear, let x = node.inputs[0],
            let scale = node.inputs[1], let integers = graph[x].constant?.doubles, let scales = graph[scale].constant?.doubles,
            graph[scale].type.dataType == .float32
        else { return nil }
        var zeros = [0.0]
        if node.inputs.count > 2, let zero = node.inputs[2] {
            guard let numbers = graph[zero].constant?.doubles else { return nil }
            zeros = numbers
        }
        let index = op.grid.index(graph[x].type, scale: graph[scale].type)
        return integers.indices.map { place in
            let offset = index.offset(place)
            return Float((integers[place] - (zeros.count > 1 ? zeros[offset] : zeros[0])) * scales[offset])
        }
    }
}
