package import Graph

/// A network as a graph builder with the published parameter names.
package protocol Architecture: Sendable {
    /// As configurations name it.
    var name: String { get }
    /// Parameters of the task head start with one of these; they may be absent from, or differ in, foreign weights.
    var headPrefixes: [String] { get }
    /// Adds the network to the builder's graph; `input` is `[N, 3, H, W]`, the result the logits `[N, classes]`, a map of
    /// logits `[N, classes, H, W]`, or an embedding `[N, E]`.
    func build(_ model: inout ModelBuilder, _ input: ValueID) throws(GraphError) -> ValueID
    /// `build` and what the network gives beside it.
    func outputs(_ model: inout ModelBuilder, _ input: ValueID) throws(GraphError) -> NetworkOutputs
    /// Weights that others published under names of their own, under the names of this network; what it does not know keeps
    /// its name.
    func renamed(_ tensors: [String: Tensor]) -> [String: Tensor]
}

extension Architecture {
    package func outputs(_ model: inout ModelBuilder, _ input: ValueID) throws(GraphError) -> NetworkOutputs {
        NetworkOutputs(output: try self.build(&model, input))
    }

    package func renamed(_ tensors: [String: Tensor]) -> [String: Tensor] { tensors }
}

/// What a network gives.
package struct NetworkOutputs: Sendable, Hashable {
    /// What `Architecture.build` returns.
    package let output: ValueID
    /// Logits `[N, labels]` of the labels that hold, each its own yes or no; of networks that embed and were asked for them.
    package let labelLogits: ValueID?
    /// The deepest map of features `[N, C, h, w]`; of convolutional networks and SegFormer.
    package let features: ValueID?

    package init(output: ValueID, labelLogits: ValueID? = nil, features: ValueID? = nil) {
        self.output = output
        self.labelLogits = labelLogits
        self.features = features
    }
}

/// A classification network whose features can be had without its head.
package protocol FeatureArchitecture: Architecture {
    /// Adds the network up to the features `[N, F]` that its head would read.
    func pooledFeatures(_ model: inout ModelBuilder, _ input: ValueID) throws(GraphError) -> ValueID
}
