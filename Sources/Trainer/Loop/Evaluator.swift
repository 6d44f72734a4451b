package import Architectures
package import Graph
package import Runtime
import Kernels

/// A network in inference mode on weights that may change between runs.
package final class Evaluator: Sendable {
    private let plan: Plan
    private let hasLabelLogits: Bool
    package let batchSize: Int

    /// - Parameter parameters: tensors by name; the plan points to them, so that it always sees the current weights.
    package convenience init(
        _ recipe: ModelRecipe, batchSize: Int, parameters: [String: Tensor], threads: Int
    ) throws {
        let built = try recipe.graph(batch: batchSize, mode: .inference)
        try self.init(built.graph, batchSize: batchSize, parameters: parameters, threads: threads)
    }

    /// - Parameter graph: from the input `input` to the output `output` and, where there are such, `label_logits`.
    package init(_ graph: Graph, batchSize: Int, parameters: [String: Tensor], threads: Int) throws {
        let graph = try graph.running([.channelsLast, .fuseMatMul, .withoutDeadNodes])
        self.plan = try Plan(graph, parameters: parameters, packs: PackStore(), options: Plan.Options(threads: threads))
        self.batchSize = batchSize
        self.hasLabelLogits = graph.outputs.contains { $0.name == "label_logits" }
    }

    /// The network's output for a batch. Call it on the compute thread.
    private func answer(_ batch: Batch) throws(RuntimeError) -> Answer {
        guard let input = batch.inputs["input"] else { preconditionFailure("a batch has an input") }
        try self.plan.setInput("input", input)
        try self.plan.run()
        return Answer(
            output: try self.plan.output("output"),
            labelLogits: self.hasLabelLogits ? try self.plan.output("label_logits") : nil)
    }

    /// What a network gives for a batch; valid until the next one.
    package struct Answer: Sendable {
        package let output: Tensor
        package let labelLogits: Tensor?
    }

    /// Runs all batches of a source that does not shuffle. `body` gets the answer, first axis the batch, of which only
    /// `batch.rows.count` rows count; it is valid during the call.
    package func visit(
        _ source: any BatchSource, on thread: ComputeThread, prefetch: Int, _ body: (Batch, Answer) throws -> Void
    ) async throws {
        precondition(!source.isTraining && source.batchSize == self.batchSize, "an evaluation source of this batch size")
        var batches = PrefetchedBatches(source, epoch: 0, start: 0, depth: prefetch)
        defer { batches.cancel() }
        while let batch = try await batches.nextBatch() {
            try body(batch, try await thread.run { try self.answer(batch) })
        }
    }
}
