package import Graph

/// SegFormer (Xie et al. 2021) with the parameter names of transformers 5; input `[N, 3, H, W]` with sides that are multiples
/// of 32, output logits `[N, classes, H, W]`.
///
/// A pyramid of transformers whose attention sees keys and values of a reduced map, and a head that joins its four levels at a
/// quarter of the picture's sides. Drop path and the head's dropout, a tenth at most, are those of the paper; every epsilon is
/// transformers' 1e-5. Tokens are kept as maps `[N, h, w, C]`.
package struct SegFormer: Architecture {
    /// The published sizes, by the names that configurations use.
    package enum Size: String, Sendable, Hashable, CaseIterable {
        case b0 = "segformer_b0"
        case b1 = "segformer_b1"
        case b2 = "segformer_b2"
        case b3 = "segformer_b3"
        case b4 = "segformer_b4"
        case b5 = "segformer_b5"

        /// Channels of the four stages.
        package var widths: [Int] { self == .b0 ? [32, 64, 160, 256] : [64, 128, 320, 512] }

        /// Blocks of the four stages.
        package var depths: [Int] {
            switch self {
            case .b0, .b1: [2, 2, 2, 2]
            case .b2: [3, 4, 6, 3]
            case .b3: [3, 4, 18, 3]
            case .b4: [3, 8, 27, 3]
            case .b5: [3, 6, 40, 3]
            }
        }

        /// Channels to which the head brings each level.
        package var decoderWidth: Int { self == .b0 || self == .b1 ? 256 : 768 }
    }

    package let size: Size
    package let classes: Int
    /// The drop path's ratio in the last block; it rises evenly from 0 in the first.
    package let dropPath: Float
    /// The ratio of the dropout before the classifier.
    package let dropout: Float

    package init(_ size: Size, classes: Int, dropPath: Float = 0.1, dropout: Float = 0.1) {
        self.size = size
        self.classes = classes
        self.dropPath = dropPath
        self.dropout = dropout
    }

    package var name: String { self.size.rawValue }
    package let headPrefixes = ["decode_head."]

    private let heads = [1, 2, 5, 8]
    /// What the sides of the map of keys and values are divided by.
    private let reductions = [8, 4, 2, 1]
    private let epsilon: Float = 1e-5

    package func build(_ model: inout ModelBuilder, _ input: ValueID) throws(GraphError) -> ValueID {
        try self.outputs(&model, input).output
    }

    package func outputs(_ model: inout ModelBuilder, _ input: ValueID) throws(GraphError) -> NetworkOutputs {
        let sides = model.type(input).shape[2...]
        guard sides.allSatisfy({ $0 % 32 == 0 }) else {
            throw GraphError(.shape, self.name, "takes sides that are multiples of 32, got \(Array(sides))")
        }
        var levels: [ValueID] = []
        for stage in 0..<4 {
            let picture = try levels.last.map { (level) throws(GraphError) in try model.channelsFirst(level) } ?? input
            levels.append(try self.stage(&model, picture, stage))
        }
        return NetworkOutputs(output: try self.head(&model, levels), features: try model.channelsFirst(levels[3]))
    }

    /// Overlapping patches, blocks and a normalisation: from `[N, C, H, W]` to `[N, h, w, C']`.
    private func stage(_ model: inout ModelBuilder, _ input: ValueID, _ stage: Int) throws(GraphError) -> ValueID {
        let path = "segformer.stages.\(stage)"
        let (kernel, stride) = stage == 0 ? (7, 4) : (3, 2)
        var x = try model.convolution(
            input, path + ".patch_embeddings.proj", outputs: self.size.widths[stage], kernel: kernel, stride: stride,
            padding: kernel / 2, bias: true, biasInitializer: .zeros)
        x = try model.layerNorm(
            try model.channelsLast(x), path + ".patch_embeddings.layer_norm", epsilon: self.epsilon)
        for index in 0..<self.size.depths[stage] {
            x = try self.block(&model, x, "\(path).blocks.\(index)", stage, ratio: self.dropRatio(stage, index))
        }
        return try model.layerNorm(x, path + ".layer_norm", epsilon: self.epsilon)
    }

    /// The drop path's ratio in a block.
    private func dropRatio(_ stage: Int, _ index: Int) -> Float {
        let before = self.size.depths[..<stage].reduce(index, +)
        return self.dropPath * Float(before) / Float(self.size.depths.reduce(-1, +))
    }

    private func block(
        _ model: inout ModelBuilder, _ input: ValueID, _ path: String, _ stage: Int, ratio: Float
    ) throws(GraphError) -> ValueID {
        var x = try model.layerNorm(input, path + ".layernorm_before", epsilon: self.epsilon)
        x = try self.attention(&model, x, path + ".attention", stage)
        x = try model.dropPath(x, ratio: ratio, name: path + ".drop_path1")
        let middle = try model.apply(Add(), x, input, name: path + ".add1")
        x = try model.layerNorm(middle, path + ".layernorm_after", epsilon: self.epsilon)
        x = try self.mixture(&model, x, path + ".mlp")
        x = try model.dropPath(x, ratio: ratio, name: path + ".drop_path2")
        return try model.apply(Add(), x, middle, name: path + ".add2")
    }

    private func attention(
        _ model: inout ModelBuilder, _ x: ValueID, _ path: String, _ stage: Int
    ) throws(GraphError) -> ValueID {
        let shape = model.type(x).shape
        var context = x
        if self.reductions[stage] > 1 {
            let reduction = path + ".sequence_reduction"
            context = try model.convolution(
                try model.channelsFirst(x), reduction + ".sequence_reduction", outputs: shape[3],
                kernel: self.reductions[stage], stride: self.reductions[stage], bias: true, biasInitializer: .zeros)
            context = try model.layerNorm(
                try model.channelsLast(context), reduction + ".layer_norm", epsilon: self.epsilon)
        }
        var operands: [ValueID] = []
        for (name, source) in [("q_proj", x), ("k_proj", context), ("v_proj", context)] {
            let projected = try self.linear(&model, source, "\(path).\(name)", outputs: shape[3])
            operands.append(try self.split(&model, projected, "\(path).\(name)", heads: self.heads[stage]))
        }
        let mixed = try model.apply(ScaledDotProductAttention(), operands[0], operands[1], operands[2], name: path)
        let tokens = try model.apply(Transpose(permutation: [0, 2, 1, 3]), mixed, name: path + "/tokens")
        let map = try model.apply(Reshape([0] + shape[1...]), tokens, name: path + "/map")
        return try self.linear(&model, map, path + ".o_proj", outputs: shape[3])
    }

    /// `[N, h, w, C]` as `[N, heads, h w, C / heads]`.
    private func split(
        _ model: inout ModelBuilder, _ x: ValueID, _ path: String, heads: Int
    ) throws(GraphError) -> ValueID {
        let shape = model.type(x).shape
        let apart = try model.apply(
            Reshape([0, shape[1] * shape[2], heads, shape[3] / heads]), x, name: path + "/heads")
        return try model.apply(Transpose(permutation: [0, 2, 1, 3]), apart, name: path + "/heads_first")
    }

    /// Two linear layers with a depth-wise convolution between them, which tells the tokens where they are.
    private func mixture(_ model: inout ModelBuilder, _ input: ValueID, _ path: String) throws(GraphError) -> ValueID {
        let width = model.type(input).shape[3]
        var x = try self.linear(&model, input, path + ".fc1", outputs: 4 * width)
        x = try model.convolution(
            try model.channelsFirst(x), path + ".dwconv.dwconv", outputs: 4 * width, kernel: 3, padding: 1, groups: 4 * width,
            bias: true, biasInitializer: .zeros)
        x = try model.apply(Gelu(), x, name: path + ".act")
        return try self.linear(&model, try model.channelsLast(x), path + ".fc2", outputs: width)
    }

    /// The four levels at a quarter of the picture's sides, deepest first, joined; their logits at the picture's sides.
    private func head(_ model: inout ModelBuilder, _ levels: [ValueID]) throws(GraphError) -> ValueID {
        let path = "decode_head"
        var maps: [ValueID] = []
        for (index, level) in levels.enumerated() {
            let name = "\(path).linear_projections.\(index)"
            var x = try self.linear(&model, level, name + ".proj", outputs: self.size.decoderWidth, role: .head)
            x = try model.channelsFirst(x)
            maps.append(index == 0 ? x : try self.enlarged(&model, x, by: 1 << index, name: name + ".resize"))
        }
        var x = try model.graph.append(Concat(axis: 1), maps.reversed(), name: path + ".concat")[0]
        x = try model.convolution(x, path + ".linear_fuse", outputs: self.size.decoderWidth, kernel: 1, role: .head)
        x = try model.batchNorm(x, path + ".batch_norm", epsilon: self.epsilon, role: .head)
        x = try model.apply(Relu(), x, name: path + ".relu")
        x = try model.dropout(x, ratio: self.dropout, name: path + ".dropout")
        x = try model.convolution(
            x, path + ".classifier", outputs: self.classes, kernel: 1, bias: true, initializer: .normal(deviation: 0.02),
            biasInitializer: .zeros, role: .head)
        return try self.enlarged(&model, x, by: 4, name: path + ".resize")
    }

    private func enlarged(
        _ model: inout ModelBuilder, _ x: ValueID, by factor: Int, name: String
    ) throws(GraphError) -> ValueID {
        let scale = Float(factor)
        return try model.apply(Resize(.scales([scale, scale]), mode: .linear, coordinates: .halfPixel), x, name: name)
    }

    /// A linear layer as the authors initialise it.
    private func linear(
        _ model: inout ModelBuilder, _ x: ValueID, _ path: String, outputs: Int, role: ParameterRole = .weight
    ) throws(GraphError) -> ValueID {
        try model.linear(
            x, path, outputs: outputs, initializer: .truncatedNormal(deviation: 0.02), biasInitializer: .zeros, role: role)
    }
}

extension ModelBuilder {
    /// `[N, h, w, C]` as `[N, C, h, w]`.
    fileprivate mutating func channelsFirst(_ x: ValueID) throws(GraphError) -> ValueID {
        try self.apply(Transpose(permutation: [0, 3, 1, 2]), x, name: self.graph[x].name + "/channels_first")
    }

    /// `[N, C, h, w]` as `[N, h, w, C]`.
    fileprivate mutating func channelsLast(_ x: ValueID) throws(GraphError) -> ValueID {
        try self.apply(Transpose(permutation: [0, 2, 3, 1]), x, name: self.graph[x].name + "/channels_last")
    }
}
