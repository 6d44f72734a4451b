package import Graph

/// What is needed to build a trained network again; `model.json` of a run.
package struct ModelRecipe: Sendable, Hashable, Codable {
    /// A name of `ArchitectureTable`.
    package var architecture: String
    package var classes: Int
    /// Size of the input in pixels.
    package var imageHeight: Int
    package var imageWidth: Int
    /// Transformers: mean of the patch tokens instead of the class token.
    package var globalPool: Bool
    package var lora: LoRAConfiguration?

    /// - Parameter imageSize: side of a square input in pixels.
    package init(
        architecture: String, classes: Int, imageSize: Int, globalPool: Bool = false, lora: LoRAConfiguration? = nil
    ) {
        self.init(
            architecture: architecture, classes: classes, imageHeight: imageSize, imageWidth: imageSize, globalPool: globalPool,
            lora: lora)
    }

    package init(
        architecture: String, classes: Int, imageHeight: Int, imageWidth: Int, globalPool: Bool = false,
        lora: LoRAConfiguration? = nil
    ) {
        self.architecture = architecture
        self.classes = classes
        self.imageHeight = imageHeight
        self.imageWidth = imageWidth
        self.globalPool = globalPool
        self.lora = lora
    }

    /// The architecture; an error that lists the known ones when there is none of that name.
    package func make() throws(GraphError) -> any Architecture {
        let made = ArchitectureTable.make(
            self.architecture, classes: self.classes, imageSize: self.imageHeight, globalPool: self.globalPool)
        guard let made else {
            throw GraphError(
                .unsupported, self.architecture,
                "unknown architecture; known are \(ArchitectureTable.names.joined(separator: ", "))")
        }
        return made
    }

    /// The network without a loss: input `input` `[N, 3, H, W]`, output `output`.
    package func graph(
        batch: Int, mode: ModelMode
    ) throws(GraphError) -> (graph: Graph, parameters: [ParameterSpec]) {
        var model = ModelBuilder(mode: mode, adapters: self.lora)
        let input = model.graph.input("input", TensorType(.float32, [batch, 3, self.imageHeight, self.imageWidth]))
        let logits = try self.make().build(&model, input)
        model.graph.output("output", logits)
        return (model.graph, model.parameters)
    }
}
