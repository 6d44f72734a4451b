package import Architectures
package import Checkpoints
package import Graph

extension ParameterStore {
    /// Copies all of `values`, which must be all of this store's tensors but those named as constants.
    package func assignAll(_ values: [String: Tensor], except constants: Set<String>, from source: String) throws(CheckpointError)
    {
        let missing = self.tensors.keys.filter { values[$0] == nil && !constants.contains($0) }.sorted()
        guard missing.isEmpty else {
            throw CheckpointError(.missing, source, "lacks \(missing.count) tensors of this model, \(missing[0]) first")
        }
        let refused = self.assign(values)
        guard refused.isEmpty else {
            throw CheckpointError(
                .mismatch, source, "has \(refused.count) tensors that do not fit the model, \(refused[0]) first")
        }
    }

    /// Fills the model's parameters from a foreign file; what may keep its initial values is the head and the adapters.
    /// - Returns: what was loaded, missing and unexpected.
    @discardableResult
    package func load(
        _ path: String, into parameters: [ParameterSpec], recipe: ModelRecipe
    ) throws -> WeightMatch {
        let architecture = try recipe.make()
        let available = architecture.renamed(try loadWeights(path))
        let isTransformer = ((architecture as? EmbeddingNetwork)?.backbone ?? architecture) is VisionTransformer
        var rules = isTransformer ? (recipe.architecture == "retfound" ? WeightRules.retfound : .timm) : .exact
        rules.mayBeMissing += architecture.headPrefixes.map { $0 + "*" }
        rules.mayBeMissing += parameters.filter { $0.role == .adapter }.map(\.name)
        let wanted = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, TensorType(.float32, $0.shape)) })
        let match = try matchWeights(wanted: wanted, available: available, rules: rules, file: path)
        _ = self.assign(match.loaded)
        return match
    }
}
