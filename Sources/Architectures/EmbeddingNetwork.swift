package import Graph

/// How a network embeds: the length of the vector, and what is between it and the backbone.
package struct EmbeddingHead: Sendable, Hashable, Codable {
    /// Elements E of the embedding.
    package var length: Int
    /// Units of the adapter's hidden layer; networks with layers of their own ignore it.
    package var hidden: Int
    /// Dropped elements of the hidden layer, in training only.
    package var dropout: Float
    /// Labels whose logits are computed from the embedding; 0 for none.
    package var labels: Int

    package init(length: Int = 128, hidden: Int = 512, dropout: Float = 0.5, labels: Int = 0) {
        self.length = length
        self.hidden = hidden
        self.dropout = dropout
        self.labels = labels
    }
}

/// A backbone with an adapter that embeds: features → linear → batch norm → ReLU → dropout → linear → length 1.
///
/// Parameters: the backbone's own names, `adapter.{0,1,4}.*` and, for label logits, `classifier.*`, which reads the embedding.
package struct EmbeddingNetwork: Architecture {
    package let backbone: any FeatureArchitecture
    package let head: EmbeddingHead

    package init(_ backbone: any FeatureArchitecture, head: EmbeddingHead) {
        self.backbone = backbone
        self.head = head
    }

    package var name: String { self.backbone.name }
    package var headPrefixes: [String] { self.backbone.headPrefixes + ["adapter.", "classifier."] }

    package func build(_ model: inout ModelBuilder, _ input: ValueID) throws(GraphError) -> ValueID {
        let features = try self.backbone.pooledFeatures(&model, input)
        var x = try model.linear(features, "adapter.0", outputs: self.head.hidden, role: .head)
        x = try model.batchNorm(x, "adapter.1", role: .head)
        x = try model.apply(Relu(), x, name: "adapter.2")
        x = try model.dropout(x, ratio: self.head.dropout, name: "adapter.3")
        x = try model.linear(x, "adapter.4", outputs: self.head.length, role: .head)
        return try model.apply(LpNormalization(axis: 1), x, name: "embedding")
    }

    package func outputs(_ model: inout ModelBuilder, _ input: ValueID) throws(GraphError) -> NetworkOutputs {
        try model.embeddingOutputs(try self.build(&model, input), labels: self.head.labels)
    }

    package func renamed(_ tensors: [String: Tensor]) -> [String: Tensor] { self.backbone.renamed(tensors) }
}

extension ModelBuilder {
    /// An embedding with the logits of `labels` labels from the linear layer `classifier`, where there are any.
    mutating func embeddingOutputs(_ embedding: ValueID, labels: Int) throws(GraphError) -> NetworkOutputs {
        guard labels > 0 else { return NetworkOutputs(output: embedding) }
        return NetworkOutputs(
            output: embedding, labelLogits: try self.linear(embedding, "classifier", outputs: labels, role: .head))
    }
}
