package import Graph

/// A network as a graph builder with the published parameter names.
package protocol Architecture: Sendable {
    /// As configurations name it.
    var name: String { get }
    /// Parameters of the task head start with one of these; they may be absent from, or differ in, foreign weights.
    var headPrefixes: [String] { get }
    /// Adds the network to the builder's graph; `input` is `[N, 3, H, W]`, the result the logits `[N, classes]`.
    func build(_ model: inout ModelBuilder, _ input: ValueID) throws(GraphError) -> ValueID
}
