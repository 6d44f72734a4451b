package import Architectures
import Checkpoints
package import Graph
package import Pipelines

/// A trained network that others learn from. Nothing in it changes.
package struct TeacherNetwork: Sendable {
    package let recipe: ModelRecipe
    package let task: ModelTask
    private let weights: [String: Tensor]
    /// SHA-256 over all weights.
    package let sha256: String

    /// The best checkpoint of a run, else its last one.
    package init(run path: String) throws {
        let directory = try RunDirectory.open(at: path, forWriting: false)
        self.recipe = try directory.value(ModelRecipe.self, in: RunFile.recipe)
        self.task = try directory.value(ModelTask.self, in: RunFile.task)
        let weights = try directory.weights(of: directory.preferredCheckpoint())
        let names = try self.recipe.graph(batch: 1, mode: .inference).parameters.map(\.name)
        self.weights = weights.filter { names.contains($0.key) }
        self.sha256 = WeightHash.sha256(self.weights)
    }

    private static let prefix = "teacher/"

    /// Values of the parameters that `append` declares, by name.
    package var parameters: [String: Tensor] {
        Dictionary(uniqueKeysWithValues: self.weights.map { (Self.prefix + $0.key, $0.value) })
    }

    /// Adds the network in inference mode. A picture of another size is resized for it, and its map of logits is brought to the
    /// picture's size (bilinear, pixel centres at halves).
    /// - Parameter input: `[N, 3, H, W]`, prepared as the student's.
    package func append(to graph: inout Graph, _ input: ValueID) throws(GraphError) -> NetworkOutputs {
        var model = ModelBuilder(graph: graph, mode: .inference, adapters: self.recipe.lora, prefix: Self.prefix)
        let own = [self.recipe.imageHeight, self.recipe.imageWidth]
        let picture = try model.resized(input, to: own, name: Self.prefix + "input")
        let network = try self.recipe.make().outputs(&model, picture)
        var output = network.output
        if model.type(output).rank == 4 {
            output = try model.resized(output, to: Array(model.type(input).shape[2...]), name: Self.prefix + "logits")
        }
        graph = model.graph
        return NetworkOutputs(output: output, features: network.features)
    }
}

extension ModelBuilder {
    /// A map `[N, C, h, w]` brought to another height and width, bilinear with pixel centres at halves.
    mutating func resized(_ map: ValueID, to sides: [Int], name: String) throws(GraphError) -> ValueID {
        let shape = self.type(map).shape
        guard Array(shape[2...]) != sides else { return map }
        return try self.apply(Resize(.sizes(sides), mode: .linear, coordinates: .halfPixel), map, name: name)
    }
}
