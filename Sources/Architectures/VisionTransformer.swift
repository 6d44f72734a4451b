package import Graph

/// Vision Transformer (Dosovitskiy et al. 2020) with patch 16 and timm's parameter names, and RETFound's variant of it
/// (Zhou et al. 2023): mean of the patch tokens, then `fc_norm`. Input `[N, 3, S, S]`, output `[N, classes]`.
package struct VisionTransformer: FeatureArchitecture {
    package enum Pooling: Sendable, Hashable {
        /// `norm`, then the class token.
        case classToken
        /// Mean of the patch tokens, then `fc_norm`.
        case mean
    }

    package let name: String
    package let width: Int
    package let depth: Int
    package let heads: Int
    package let imageSize: Int
    package let pooling: Pooling
    package let classes: Int
    package let patch = 16
    package let epsilon: Float = 1e-6
    package let headPrefixes = ["head.", "fc_norm."]

    package init(
        name: String, width: Int, depth: Int, heads: Int, imageSize: Int = 224, pooling: Pooling = .classToken, classes: Int
    ) {
        self.name = name
        self.width = width
        self.depth = depth
        self.heads = heads
        self.imageSize = imageSize
        self.pooling = pooling
        self.classes = classes
    }

    /// Patches along one side.
    package var grid: Int { self.imageSize / self.patch }

    package func build(_ model: inout ModelBuilder, _ input: ValueID) throws(GraphError) -> ValueID {
        let pooled = try self.pooledFeatures(&model, input)
        return try model.linear(
            pooled, "head", outputs: self.classes, initializer: .truncatedNormal(deviation: 2e-5), biasInitializer: .zeros,
            role: .head)
    }

    package func pooledFeatures(_ model: inout ModelBuilder, _ input: ValueID) throws(GraphError) -> ValueID {
        let side = model.type(input).shape.suffix(2)
        guard side.allSatisfy({ $0 == self.imageSize }), self.imageSize % self.patch == 0 else {
            throw GraphError(
                .shape, self.name,
                "takes \(self.imageSize)x\(self.imageSize) images (a multiple of \(self.patch)), got \(Array(side))")
        }
        var x = try self.embed(&model, input)
        for index in 0..<self.depth { x = try self.block(&model, x, "blocks.\(index)") }
        return try self.pool(&model, x)
    }

    /// Patch projection, class token in front, position added.
    ///
    /// The class token joins the position table, and the patches are padded by an empty first row: the same numbers as
    /// a concatenation, without a node whose shape depends on the batch.
    private func embed(_ model: inout ModelBuilder, _ input: ValueID) throws(GraphError) -> ValueID {
        let tokens = self.grid * self.grid
        var x = try model.convolution(
            input, "patch_embed.proj", outputs: self.width, kernel: self.patch, stride: self.patch, bias: true,
            initializer: .fanIn(3 * self.patch * self.patch))
        x = try model.apply(Reshape([0, self.width, tokens]), x, name: "patch_embed/flatten")
        x = try model.apply(Transpose(permutation: [0, 2, 1]), x, name: "patch_embed/tokens")
        x = try model.apply(Pad(before: [0, 1, 0], after: [0, 0, 0]), x, name: "class_row")
        let token = model.parameter("cls_token", [1, 1, self.width], .truncatedNormal(deviation: 0.02), role: .vector)
        let position = model.parameter(
            "pos_embed", [1, tokens + 1, self.width], .truncatedNormal(deviation: 0.02), role: .vector)
        let row = try model.apply(Pad(before: [0, 0, 0], after: [0, tokens, 0]), token, name: "cls_token/row")
        let table = try model.apply(Add(), position, row, name: "pos_embed/table")
        return try model.apply(Add(), x, table, name: "embedding")
    }

    private func block(_ model: inout ModelBuilder, _ input: ValueID, _ path: String) throws(GraphError) -> ValueID {
        let init02 = Initializer.truncatedNormal(deviation: 0.02)
        var x = try model.layerNorm(input, path + ".norm1", epsilon: self.epsilon)
        x = try model.linear(x, path + ".attn.qkv", outputs: 3 * self.width, initializer: init02, biasInitializer: .zeros)
        x = try model.apply(PackedAttention(heads: self.heads), x, name: path + ".attn")
        x = try model.linear(x, path + ".attn.proj", outputs: self.width, initializer: init02, biasInitializer: .zeros)
        let middle = try model.apply(Add(), input, x, name: path + ".add1")
        x = try model.layerNorm(middle, path + ".norm2", epsilon: self.epsilon)
        x = try model.linear(x, path + ".mlp.fc1", outputs: 4 * self.width, initializer: init02, biasInitializer: .zeros)
        x = try model.apply(Gelu(), x, name: path + ".mlp.act")
        x = try model.linear(x, path + ".mlp.fc2", outputs: self.width, initializer: init02, biasInitializer: .zeros)
        return try model.apply(Add(), middle, x, name: path + ".add2")
    }

    private func pool(_ model: inout ModelBuilder, _ x: ValueID) throws(GraphError) -> ValueID {
        switch self.pooling {
        case .classToken:
            let normalized = try model.layerNorm(x, "norm", epsilon: self.epsilon)
            let slice = Slice(starts: [0], ends: [1], axes: [1], steps: [1])
            let token = try model.apply(slice, normalized, name: "class_token")
            return try model.apply(Reshape([0, self.width]), token, name: "class_token/flat")
        case .mean:
            let slice = Slice(starts: [1], ends: [self.grid * self.grid + 1], axes: [1], steps: [1])
            let patches = try model.apply(slice, x, name: "patch_tokens")
            let mean = try model.apply(ReduceMean(axes: [1], keepDimensions: false), patches, name: "global_pool")
            return try model.layerNorm(mean, "fc_norm", epsilon: self.epsilon, role: .head)
        }
    }
}
