package import Graph

/// Proximity100x100: an embedding of a volume, and logits of the embedding. Input `[N, S, 1, H, W]`, S a multiple of 3, H and W
/// at least 65.
///
/// Three neighbouring slices at a time go as red, green and blue through the trunk of ResNet-18. Its maps `[N, S/3, 512, h, w]`
/// are taken as volumes of S/3 channels and depth 512, which three 3-D convolutions and three linear layers reduce to an
/// embedding of length one. Parameter names: `features.*` (the trunk as a `Sequential`), `reducingconvs.*`, `fc.*`,
/// `classifier.*`.
package struct Proximity: Architecture {
    package let name: String
    /// Length of the embedding, labels of the classification head, and dropout of the two hidden layers.
    package let head: EmbeddingHead

    package init(name: String = "proximity100x100", head: EmbeddingHead) {
        self.name = name
        self.head = head
    }

    /// The published one: an embedding of 1024.
    package static func standardHead(labels: Int) -> EmbeddingHead { EmbeddingHead(length: 1024, labels: labels) }

    /// All but the trunk, which ImageNet's ResNet-18 can fill.
    package let headPrefixes = ["reducingconvs.", "fc.", "classifier."]

    /// What the trunk's layers are called.
    private static let trunkNames = ResNet.LayerNames.sequential(prefix: "features.")

    /// The weights of a published ResNet-18 become those of the trunk.
    package func renamed(_ tensors: [String: Tensor]) -> [String: Tensor] {
        let pairs = tensors.map { (Self.trunkNames.renaming($0.key, from: .published()) ?? $0.key, $0.value) }
        return Dictionary(pairs) { first, _ in first }
    }

    /// The widths of the hidden layers: at most `flat`, the number of features before them, and at least the embedding's.
    package func hiddenWidths(flat: Int) -> [Int] {
        [4096, 2048].map { max(min($0, flat), self.head.length) }
    }

    /// Adds the network up to the embedding `[N, e]`, whose rows have length 1.
    package func build(_ model: inout ModelBuilder, _ input: ValueID) throws(GraphError) -> ValueID {
        let shape = model.type(input).shape
        guard shape.count == 5, shape[2] == 1, shape[1] >= 3, shape[1] % 3 == 0, shape[3] >= 65, shape[4] >= 65 else {
            throw GraphError(
                .shape, self.name, "takes [N, S, 1, H, W] with S a multiple of 3 and H and W of 65 or more, got \(shape)")
        }
        let maps = try self.trunk(&model, input, groups: shape[1] / 3)
        var x = try self.reduced(&model, maps)
        x = try model.apply(Flatten(axis: 1), x, name: "flatten")
        let widths = self.hiddenWidths(flat: model.type(x).shape[1])
        for (index, width) in widths.enumerated() {
            x = try model.linear(x, "fc.\(index * 3)", outputs: width, bias: false, role: .head)
            x = try model.apply(Relu(), x, name: "fc.\(index * 3 + 1)")
            x = try model.dropout(x, ratio: self.head.dropout, name: "fc.\(index * 3 + 2)")
        }
        x = try model.linear(x, "fc.6", outputs: self.head.length, bias: false, role: .head)
        return try model.apply(LpNormalization(axis: 1), x, name: "embedding")
    }

    package func outputs(_ model: inout ModelBuilder, _ input: ValueID) throws(GraphError) -> NetworkOutputs {
        try model.embeddingOutputs(try self.build(&model, input), labels: self.head.labels)
    }

    /// The maps of all triples of slices: `[N, groups, 512, h, w]`.
    private func trunk(_ model: inout ModelBuilder, _ input: ValueID, groups: Int) throws(GraphError) -> ValueID {
        // -1: the same nodes do for every batch.
        let slices = try model.apply(Reshape([-1, 3] + model.type(input).shape[3...]), input, name: "triples")
        let features = try ResNet.resNet18(classes: 1).features(&model, slices, names: Self.trunkNames)
        return try model.apply(Reshape([-1, groups] + model.type(features[4]).shape[1...]), features[4], name: "volume")
    }

    /// `[N, 16, 18, h - 2, w - 2]` of 512 deep maps.
    private func reduced(_ model: inout ModelBuilder, _ maps: ValueID) throws(GraphError) -> ValueID {
        var x = maps
        for (index, (outputs, kernel)) in [(64, [3, 3, 3]), (32, [3, 1, 1]), (16, [3, 1, 1])].enumerated() {
            let fanIn = model.type(x).shape[1] * kernel.reduce(1, *)
            x = try model.convolution(
                x, "reducingconvs.\(index * 2)", outputs: outputs, kernel: kernel, window: Window(strides: [3, 1, 1]), bias: true,
                initializer: .fanIn(fanIn), role: .head)
            x = try model.apply(Relu(), x, name: "reducingconvs.\(index * 2 + 1)")
        }
        return x
    }
}
