package import Graph

/// A part of a model that can be planned: all of it, or as much as comes before a value that decides sizes, branches or
/// loops.
///
/// A model whose sizes follow from its inputs' has one stage. Another is run up to the value that is `wanted`, then
/// `next` reads on with it; what the rest needs are outputs of this stage and inputs of the next, under the same names.
package struct OnnxStage: Sendable {
    package let graph: Graph
    /// The output of `graph` whose value decides how the model goes on; nil for the last stage.
    package let wanted: String?
    private let importer: GraphImporter
    private let binding: [String: Int]

    init(_ importer: GraphImporter, binding: [String: Int]) throws(OnnxError) {
        var importer = importer
        self.binding = binding
        if let demand = try importer.importPending() {
            (self.graph, self.wanted) = try importer.cut(for: demand)
        } else {
            self.graph = try importer.finish(binding: binding)
            self.wanted = nil
        }
        self.importer = importer
    }

    /// The stage that follows once the wanted value is known.
    package func next(_ value: Tensor) throws(OnnxError) -> OnnxStage {
        guard let wanted = self.wanted else { preconditionFailure("the last stage has no next one") }
        var importer = self.importer
        try importer.resolve(wanted, value)
        return try OnnxStage(importer, binding: self.binding)
    }
}
