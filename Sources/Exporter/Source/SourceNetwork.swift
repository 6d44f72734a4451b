package import Architectures
package import Graph
package import Runtime
import Kernels

/// A recipe's inference graph with its weights as parameters, run as the trainer runs it.
package struct SourceNetwork: Sendable {
    package let graph: Graph
    private let weights: [String: Tensor]
    private let threads: Int

    /// - Parameter size: the input's height and width.
    package init(
        _ recipe: ModelRecipe, weights: [String: Tensor], size: ImageSize, threads: Int
    ) throws(GraphError) {
        self.graph = try recipe.inferenceGraph(size: size)
        self.weights = weights
        self.threads = threads
    }

    /// The shape of a batch of inputs.
    package func inputShape(batch: Int) -> [Int] {
        [batch] + (self.graph.input(named: ModelRecipe.inputName).map { Array(self.graph[$0].type.shape.dropFirst()) } ?? [])
    }

    /// A plan for batches of that size; `tracing` plans the plain graph and keeps every value.
    package func plan(batch: Int, tracing: Bool = false) throws -> Plan {
        var graph = self.graph
        if batch != 1 {
            let types = graph.inputs.map { (graph[$0].name, TensorType(.float32, [batch] + graph[$0].type.shape.dropFirst())) }
            graph = try graph.retyped(Dictionary(types) { first, _ in first })
        }
        if !tracing { graph = try graph.running([.channelsLast, .fuseMatMul, .withoutDeadNodes]) }
        return try Plan(
            graph, parameters: self.weights, packs: PackStore(),
            options: Plan.Options(threads: self.threads, keepsEverything: tracing))
    }
}

extension Plan {
    /// The logits of an input, copied.
    func logits(_ input: Tensor) throws(RuntimeError) -> Tensor {
        try self.setInput(ModelRecipe.inputName, input)
        try self.run()
        return try self.output(ModelRecipe.outputName).copied()
    }
}

extension ModelRecipe {
    /// Names that `graph(batch:mode:)` gives its input and output.
    package static let inputName = "input"
    package static let outputName = "output"

    /// The network for one picture of that size, with parameters.
    package func inferenceGraph(size: ImageSize) throws(GraphError) -> Graph {
        var sized = self
        (sized.imageHeight, sized.imageWidth) = (size.height, size.width)
        return try sized.graph(batch: 1, mode: .inference).graph
    }

    /// Refuses sizes that the network cannot take, saying why.
    package func check(_ size: ImageSize) throws(ExportError) {
        guard (1...8192).contains(size.height), (1...8192).contains(size.width) else {
            throw ExportError(.option, "--input-size", "\(size) is outside 1 to 8192 pixels")
        }
        do throws(GraphError) {
            let isTrained = size == ImageSize(height: self.imageHeight, width: self.imageWidth)
            let made = try self.make()
            let isTransformer = ((made as? EmbeddingNetwork)?.backbone ?? made) is VisionTransformer
            guard isTrained || self.slices == nil else {
                throw GraphError(
                    .shape, "--input-size",
                    "\(self.architecture) has linear layers for the size it was trained at; train it at \(size)")
            }
            guard isTrained || !isTransformer else {
                throw GraphError(
                    .shape, "--input-size",
                    """
                    \(self.architecture) has position embeddings for \(self.imageHeight)x\(self.imageWidth) pictures and cannot \
                    take \(size); train or import it at the wanted size, where the positions are interpolated
                    """)
            }
            _ = try self.inferenceGraph(size: size)
        } catch {
            throw ExportError(.option, "--input-size", error.message)
        }
    }
}
