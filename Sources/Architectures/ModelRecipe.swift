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
    /// Networks that embed instead of classifying.
    package var embedding: EmbeddingHead?
    /// Volumes: their slices; nil for pictures.
    package var slices: Int?

    /// - Parameter imageSize: side of a square input in pixels.
    package init(
        architecture: String, classes: Int, imageSize: Int, globalPool: Bool = false, lora: LoRAConfiguration? = nil,
        embedding: EmbeddingHead? = nil
    ) {
        self.init(
            architecture: architecture, classes: classes, imageHeight: imageSize, imageWidth: imageSize, globalPool: globalPool,
            lora: lora, embedding: embedding)
    }

    package init(
        architecture: String, classes: Int, imageHeight: Int, imageWidth: Int, globalPool: Bool = false,
        lora: LoRAConfiguration? = nil, embedding: EmbeddingHead? = nil, slices: Int? = nil
    ) {
        self.architecture = architecture
        self.classes = classes
        self.imageHeight = imageHeight
        self.imageWidth = imageWidth
        self.globalPool = globalPool
        self.lora = lora
        self.embedding = embedding
        self.slices = slices
    }

    /// The architecture; an error that lists the known ones when there is none of that name.
    package func make() throws(GraphError) -> any Architecture {
        let made = ArchitectureTable.make(
            self.architecture, classes: self.classes, imageSize: self.imageHeight, globalPool: self.globalPool,
            embedding: self.embedding)
        guard let made else {
            throw GraphError(
                .unsupported, self.architecture,
                "unknown architecture; known are \(ArchitectureTable.names.joined(separator: ", "))")
        }
        guard let head = self.embedding, !(made is Proximity) else { return made }
        guard let backbone = made as? any FeatureArchitecture else {
            throw GraphError(.unsupported, self.architecture, "has no features to embed by; take a classification network")
        }
        return EmbeddingNetwork(backbone, head: head)
    }

    /// The shape of a batch of inputs: `[N, 3, H, W]`, of volumes `[N, S, 1, H, W]`.
    package func inputShape(batch: Int) -> [Int] {
        [batch] + (self.slices.map { [$0, 1] } ?? [3]) + [self.imageHeight, self.imageWidth]
    }

    /// The network without a loss: input `input` of `inputShape`, output `output` and, where there are such, `label_logits`.
    package func graph(
        batch: Int, mode: ModelMode
    ) throws(GraphError) -> (graph: Graph, parameters: [ParameterSpec]) {
        var model = ModelBuilder(mode: mode, adapters: self.lora)
        let input = model.graph.input("input", TensorType(.float32, self.inputShape(batch: batch)))
        let outputs = try self.make().outputs(&model, input)
        model.graph.output("output", outputs.output)
        if let logits = outputs.labelLogits { model.graph.output("label_logits", logits) }
        return (model.graph, model.parameters)
    }
}
