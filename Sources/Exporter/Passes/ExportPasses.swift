package import Graph
import Runtime

extension Graph {
    /// The graph as it is written: parameters bound, batch normalisation and weights folded, nothing that does nothing.
    package func preparedForExport(_ weights: [String: Tensor]) throws(GraphError) -> Graph {
        try self.binding(weights).running([.withoutIdentity, .foldBatchNormalization, .foldWeights])
    }
}
