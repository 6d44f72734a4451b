import Graph

/// What a node can do with bfloat16 values: the table behind `computeInBFloat16`.
struct BFloat16Role {
    /// How the node computes where bfloat16 is at hand.
    enum Kind {
        /// An operator with a choice of what its result is, whatever its inputs are.
        case chooses((_ result: DataType) -> any Operator)
        /// All that it reads is made bfloat16, and so is the result.
        case insists
        /// The result has the type of all that it reads.
        case follows
    }

    let kind: Kind
    /// Inputs that may be bfloat16.
    let reads: [Int]
    /// Inputs that must be bfloat16, or constants, where the result is.
    var needs: [Int] = []
    /// Inputs without which as bfloat16 the node stays as it is.
    var requires: [Int] = []
    /// The node reads bfloat16 only where its result is bfloat16 too.
    var passesOn = false

    /// Nil for nodes that stay float32: norms of other kinds, softmax, reductions, and what has no kernel.
    init?(_ node: Node, _ graph: Graph) {
        switch node.op {
        case let product as FusedMatMul:
            guard product.precision == .float32, !product.transposeA, Self.constant(node, 1, graph)?.rank == 2 else { return nil }
            self.init(.chooses { product.inBFloat16(result: $0) }, reads: [0, 3])
        case let conv as FusedConv:
            guard conv.precision == .float32, conv.layout == .last, let weights = Self.constant(node, 1, graph) else {
                return nil
            }
            let isDepthwise = weights.shape[1] == 1 && weights.shape[0] == conv.window.groups && conv.window.groups > 1
            guard conv.window.groups == 1 || isDepthwise else { return nil }
            self.init(.chooses { conv.inBFloat16(result: $0) }, reads: [0, 3], needs: isDepthwise ? [0] : [])
            // Its products are few: rounding a float32 x first would cost more than it saves.
            if isDepthwise { self.requires = [0] }
        case let norm as LayerNormalization:
            guard !norm.statistics, norm.result == nil else { return nil }
            self.init(.chooses { norm.with(result: $0) }, reads: [0])
        case is PackedAttention: self.init(.insists, reads: [0])
        case is ScaledDotProductAttention: self.init(.insists, reads: [0, 1, 2])
        case let pool as MaxPool:
            guard pool.indices == nil else { return nil }
            self.init(following: [0])
        case is AveragePool: self.init(following: [0])
        case let resize as Resize:
            guard resize.crop == nil else { return nil }
            self.init(following: [0])
        // Its result is small.
        case is GlobalAveragePool: self.init(.follows, reads: [0], needs: [0])
        case is Pad: self.init(following: [0])
        case is Relu, is LeakyRelu, is Silu, is Sigmoid, is HardSwish, is HardSigmoid, is Gelu, is Clip, is Tanh:
            self.init(following: [0])
        case is Add, is Sub, is Mul, is Div: self.init(following: Array(node.inputs.indices))
        default:
            guard !node.movedInputs.isEmpty else { return nil }
            self.init(following: node.movedInputs)
        }
    }

    private init(_ kind: Kind, reads: [Int], needs: [Int] = []) {
        self.kind = kind
        self.reads = reads
        self.needs = needs
    }

    private init(following inputs: [Int]) {
        self.init(.follows, reads: inputs, needs: inputs)
        self.passesOn = true
    }

    private static func constant(_ node: Node, _ index: Int, _ graph: Graph) -> TensorType? {
        node.inputs[index].flatMap { graph[$0].constant?.type }
    }

    /// Inputs by which a node adds to a stream of values of one shape, as the blocks of a network do.
    static func streamInputs(_ node: Node, _ graph: Graph) -> [Int] {
        switch node.op {
        case is FusedMatMul: node.inputs.count > 3 ? [3] : []
        case is Add: node.inputs.allSatisfy { $0.map { graph[$0].constant == nil } ?? false } ? [0, 1] : []
        default: []
        }
    }
}
