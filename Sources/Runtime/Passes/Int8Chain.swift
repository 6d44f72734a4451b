import Graph

/// What follows a product of bytes and can be computed while its sums are at hand, from the product to the last node that is
/// taken in.
struct Int8Chain {
    let product: Int8Product
    private(set) var epilogue = QuantizedEpilogue()
    /// What is added before the sums are rounded.
    private(set) var innerBias: Int8Product.Bias
    /// What is added to each column behind the rounding.
    private(set) var bias: ValueID?
    /// float32, or bytes as the epilogue says.
    private(set) var residual: ValueID?
    /// The old value that the operator computes.
    private(set) var value: ValueID
    /// The leading axes of the result where a reshape changed them.
    private(set) var leading: [Int]?
    /// Outputs of the nodes that were taken in.
    private(set) var taken: [ValueID] = []

    private enum Stage: Int, Comparable {
        case product, rounded, biased, added, activated, scaled, finished
        static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
    }

    private var stage = Stage.product

    /// - Parameter uses: what is known about the readers of the graph's values.
    init(_ product: Int8Product, _ node: Node, _ uses: Int8Uses) {
        self.product = product
        self.innerBias = product.bias
        self.value = node.outputs[0]
        while self.stage != .finished, let reader = uses.onlyReader(of: self.value) {
            guard self.take(reader, uses) else { break }
        }
    }

    private mutating func take(_ reader: Node, _ uses: Int8Uses) -> Bool {
        if reader.op is QuantizeLinear { return self.round(reader, uses) }
        if reader.op is Add { return self.add(reader, uses) }
        if reader.op is Mul { return self.multiply(reader, uses) }
        if reader.op is Reshape { return self.stage < .added && self.reshape(reader, uses) }
        guard self.stage < .activated, self.epilogue.residualPlace == .beforeActivation,
            let activation = FusedActivation(reader.op)
        else { return false }
        self.epilogue.activation = activation
        self.accept(reader, .activated)
        return true
    }

    private mutating func accept(_ node: Node, _ stage: Stage) {
        self.value = node.outputs[0]
        self.taken.append(self.value)
        self.stage = stage
    }

    /// A rounding: to the bytes of the result, or, where only numbers are read behind it, to bytes and back.
    private mutating func round(_ quantize: Node, _ uses: Int8Uses) -> Bool {
        guard let scale = ByteScale(quantize, uses.graph) else { return false }
        var rounded = self
        rounded.accept(quantize, .product)
        if let reshape = uses.onlyReader(of: rounded.value), reshape.op is Reshape { _ = rounded.reshape(reshape, uses) }
        if self.stage == .product, let dequantize = uses.onlyReader(of: rounded.value), dequantize.op is DequantizeLinear,
            ByteScale(dequantize, uses.graph) == scale, !uses.isReadAsBytes(dequantize.outputs[0])
        {
            rounded.epilogue.rounding = scale
            rounded.accept(dequantize, .rounded)
            self = rounded
            return true
        }
        self.epilogue.result = scale
        self.accept(quantize, .finished)
        return true
    }

    /// The same rows under other leading axes: rows of the left operand are as good under them.
    private mutating func reshape(_ reshape: Node, _ uses: Int8Uses) -> Bool {
        let shape = uses.graph[reshape.outputs[0]].type.shape
        guard case .matrix = self.product.kind, uses.graph[self.product.b].type.rank == 2, shape.count >= 2,
            shape.last == self.product.scales.count, !self.product.scales.isEmpty
        else { return false }
        self.leading = Array(shape.dropLast())
        self.accept(reshape, self.stage)
        return true
    }

    /// One constant factor for all.
    private mutating func multiply(_ product: Node, _ uses: Int8Uses) -> Bool {
        let graph = uses.graph
        guard self.stage < .scaled, let left = product.inputs[0], let right = product.inputs[1],
            let factor = graph[left == self.value ? right : left].constant, factor.type.dataType == .float32,
            factor.type.rank <= 1, let number = factor.scalar
        else { return false }
        self.epilogue.factor = Float(number)
        self.accept(product, .scaled)
        return true
    }

    /// A number for each column, or another tensor of the same shape.
    private mutating func add(_ sum: Node, _ uses: Int8Uses) -> Bool {
        guard let left = sum.inputs[0], let right = sum.inputs[1], left != right, self.stage < .scaled,
            !uses.isTaken(sum.outputs[0])
        else {
            return false
        }
        let other = left == self.value ? right : left
        let graph = uses.graph
        if self.stage < .biased, self.isBias(other, graph) {
            if self.stage == .product, case .none = self.innerBias {
                self.innerBias = .value(other)
                self.accept(sum, .product)
            } else {
                self.bias = other
                self.accept(sum, .biased)
            }
            return true
        }
        guard self.residual == nil, graph[other].type == graph[self.value].type else { return false }
        if self.stage == .activated { self.epilogue.residualPlace = .afterActivation }
        if let bytes = graph.bytes(of: other) {
            self.residual = bytes.value
            self.epilogue.residual = bytes.scale
        } else {
            self.residual = other
        }
        self.accept(sum, max(self.stage, .added))
        return true
    }

    private func isBias(_ id: ValueID, _ graph: Graph) -> Bool {
        guard graph[id].type == TensorType(.float32, [self.product.scales.count]) else { return false }
        switch self.product.kind {
        case .matrix: return true
        case .convolution(let conv): return conv.layout == .last
        }
    }
}

/// Who reads the values of a graph, and how.
struct Int8Uses {
    let graph: Graph
    private let readers: [ValueID: [Int]]
    private let escaping: Set<ValueID>
    private var readAsBytes: Set<ValueID>
    private var taken: Set<ValueID> = []

    /// - Parameter products: of the graph.
    init(_ graph: Graph, _ products: [Int8Product]) {
        self.graph = graph
        self.readers = graph.readers()
        self.escaping = Set(graph.outputs.map(\.value) + graph.updates.map(\.value))
        self.readAsBytes = Set(products.flatMap(\.operands))
    }

    /// The node that reads a value, where it is the only one and nothing outside the graph does.
    func onlyReader(of id: ValueID) -> Node? {
        let readers = self.readers[id, default: []]
        guard readers.count == 1, !self.escaping.contains(id) else { return nil }
        return self.graph.nodes[readers[0]]
    }

    /// Somebody takes the bytes that the value stands for.
    func isReadAsBytes(_ id: ValueID) -> Bool { self.readAsBytes.contains(id) }

    /// The node of this value is part of another product.
    func isTaken(_ id: ValueID) -> Bool { self.taken.contains(id) }

    /// Remembers what a chain takes in, and that its residual is read as bytes.
    mutating func note(_ chain: Int8Chain) {
        self.taken.formUnion(chain.taken)
        guard chain.epilogue.residual != nil, let bytes = chain.residual else { return }
        for reader in self.readers[bytes, default: []] { self.readAsBytes.formUnion(self.graph.nodes[reader].outputs) }
    }
}
