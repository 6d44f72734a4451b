package import Graph

/// Small networks with random weights and the operators of large ones, for checks of the whole runtime.
///
/// Input `x` and output `y` have one picture; every operator takes any number of them.
package struct SmallModel: Sendable {
    package private(set) var graph = Graph()
    private var random: SeededRandom

    private init(seed: UInt64) {
        self.random = SeededRandom(seed: seed)
    }

    /// A U-Net: from `[1, 1, 32, 24]` to `[1, 1, 32, 24]` through pooling and transposed convolutions.
    package static func unet() throws(GraphError) -> Graph {
        var model = SmallModel(seed: 31)
        var x = model.graph.input("x", TensorType(.float32, [1, 1, 32, 24]))
        var levels: [ValueID] = []
        for channels in [8, 16] {
            x = try model.graph.apply(Relu(), try model.convolution(x, channels, kernel: 3, padding: 1))
            levels.append(x)
            x = try model.graph.apply(MaxPool(kernel: [2, 2], window: Window(stride: 2)), x)
        }
        x = try model.graph.apply(Relu(), try model.convolution(x, 32, kernel: 3, padding: 1))
        for level in levels.reversed() {
            let channels = model.graph[level].type.shape[1]
            let weights = model.weights([model.graph[x].type.shape[1], channels, 2, 2])
            x = try model.graph.apply(ConvTranspose(window: Window(stride: 2)), x, weights, model.weights([channels]))
            x = try model.graph.append(Concat(axis: 1), [level, x])[0]
            x = try model.graph.apply(Relu(), try model.convolution(x, channels, kernel: 3, padding: 1))
        }
        model.graph.output("y", try model.graph.apply(Sigmoid(), try model.convolution(x, 1, kernel: 1)))
        return model.graph
    }

    /// A SegFormer of two stages: from `[1, 3, 32, 32]` to logits `[1, 4, 32, 32]` through attention to a reduced map and
    /// resizing.
    package static func segFormer() throws(GraphError) -> Graph {
        var model = SmallModel(seed: 32)
        let x = model.graph.input("x", TensorType(.float32, [1, 3, 32, 32]))
        let first = try model.stage(try model.convolution(x, 16, kernel: 7, stride: 4, padding: 3), reduction: 2)
        let second = try model.stage(try model.convolution(first, 32, kernel: 3, stride: 2, padding: 1), reduction: 1)
        let large = try model.enlarged(try model.convolution(second, 16, kernel: 1), by: 2)
        var y = try model.graph.append(Concat(axis: 1), [large, first])[0]
        y = try model.graph.apply(Relu(), try model.convolution(y, 24, kernel: 1))
        y = try model.convolution(y, 4, kernel: 1)
        model.graph.output("y", try model.enlarged(y, by: 4))
        return model.graph
    }

    /// One transformer block over a map `[N, C, h, w]`.
    private mutating func stage(_ map: ValueID, reduction: Int) throws(GraphError) -> ValueID {
        let shape = self.graph[map].type.shape
        let tokens = try self.tokens(map)
        let normal = try self.normalised(tokens)
        var context = normal
        if reduction > 1 {
            let small = try self.convolution(
                try self.map(normal, like: shape), shape[1], kernel: reduction, stride: reduction)
            context = try self.normalised(try self.tokens(small))
        }
        let operands = [
            try self.heads(try self.linear(normal, shape[1]), 2), try self.heads(try self.linear(context, shape[1]), 2),
            try self.heads(try self.linear(context, shape[1]), 2),
        ]
        let attended = try self.graph.append(ScaledDotProductAttention(), operands)[0]
        let joined = try self.graph.apply(
            Reshape([0, -1, shape[1]]), try self.graph.apply(Transpose(permutation: [0, 2, 1, 3]), attended))
        let middle = try self.graph.apply(Add(), try self.linear(joined, shape[1]), tokens)
        let wide = try self.linear(try self.normalised(middle), 2 * shape[1])
        let wideMap = try self.map(wide, like: [shape[0], 2 * shape[1], shape[2], shape[3]])
        let local = try self.convolution(wideMap, 2 * shape[1], kernel: 3, padding: 1, groups: 2 * shape[1])
        let active = try self.graph.apply(Gelu(), try self.tokens(local))
        return try self.map(
            try self.graph.apply(Add(), try self.linear(active, shape[1]), middle), like: shape)
    }

    /// `[N, C, h, w]` as `[N, h w, C]`.
    private mutating func tokens(_ map: ValueID) throws(GraphError) -> ValueID {
        let shape = self.graph[map].type.shape
        let flat = try self.graph.apply(Reshape([0, shape[1], shape[2] * shape[3]]), map)
        return try self.graph.apply(Transpose(permutation: [0, 2, 1]), flat)
    }

    /// `[N, h w, C]` as `[N, C, h, w]`.
    private mutating func map(_ tokens: ValueID, like shape: [Int]) throws(GraphError) -> ValueID {
        let turned = try self.graph.apply(Transpose(permutation: [0, 2, 1]), tokens)
        return try self.graph.apply(Reshape([0] + shape[1...]), turned)
    }

    /// `[N, L, C]` as `[N, heads, L, C / heads]`.
    private mutating func heads(_ x: ValueID, _ heads: Int) throws(GraphError) -> ValueID {
        let shape = self.graph[x].type.shape
        let apart = try self.graph.apply(Reshape([0, shape[1], heads, shape[2] / heads]), x)
        return try self.graph.apply(Transpose(permutation: [0, 2, 1, 3]), apart)
    }

    private mutating func enlarged(_ x: ValueID, by factor: Float) throws(GraphError) -> ValueID {
        try self.graph.apply(Resize(.scales([factor, factor]), mode: .linear, coordinates: .halfPixel), x)
    }

    private mutating func normalised(_ x: ValueID) throws(GraphError) -> ValueID {
        let channels = self.graph[x].type.shape.last ?? 1
        return try self.graph.apply(LayerNormalization(), x, self.weights([channels]), self.weights([channels]))
    }

    private mutating func linear(_ x: ValueID, _ outputs: Int) throws(GraphError) -> ValueID {
        let product = try self.graph.apply(MatMul(), x, self.weights([self.graph[x].type.shape.last ?? 1, outputs]))
        return try self.graph.apply(Add(), product, self.weights([outputs]))
    }

    private mutating func convolution(
        _ x: ValueID, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, groups: Int = 1
    ) throws(GraphError) -> ValueID {
        let weights = self.weights([outputs, self.graph[x].type.shape[1] / groups, kernel, kernel])
        let window = Window(stride: stride, padding: padding, groups: groups)
        return try self.graph.apply(Conv(window: window), x, weights, self.weights([outputs]))
    }

    private mutating func weights(_ shape: [Int]) -> ValueID {
        // Products keep the size of their operands.
        let bound = shape.count > 1 ? 1.7 / Float(shape.dropFirst(shape.count > 2 ? 1 : 0).reduce(1, *)).squareRoot() : 0.5
        return self.graph.constant(self.random.tensor(TensorType(.float32, shape), in: -bound...bound), name: "w")
    }
}
