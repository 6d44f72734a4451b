package import Architectures
package import Graph
package import Runtime
import Kernels

/// A network in inference mode on weights that may change between runs.
package final class Evaluator: Sendable {
    private let plan: Plan
    private let batchSize: Int

    /// - Parameter parameters: tensors by name; the plan points to them, so that it always sees the current weights.
    package init(
        _ recipe: ModelRecipe, batchSize: Int, parameters: [String: Tensor], threads: Int
    ) throws {
        let built = try recipe.graph(batch: batchSize, mode: .inference)
        let graph = try built.graph.running([.channelsLast, .fuseMatMul, .withoutDeadNodes])
        self.plan = try Plan(graph, parameters: parameters, packs: PackStore(), options: Plan.Options(threads: threads))
        self.batchSize = batchSize
    }

    /// Logits `[rows][classes]` of a batch's pictures. Call it on the compute thread.
    package func logits(_ batch: Batch) throws(RuntimeError) -> [[Float]] {
        try self.plan.setInput("input", batch.input)
        try self.plan.run()
        let output = try self.plan.output("output")
        let classes = output.shape[1]
        let values = output.array(of: Float.self)
        return batch.rows.indices.map { Array(values[($0 * classes)..<(($0 + 1) * classes)]) }
    }

    /// Logits of all pictures of a loader that does not shuffle, in their order.
    package func logits(
        _ loader: BatchLoader, on thread: ComputeThread, prefetch: Int, progress: (Int, Int) -> Void = { _, _ in }
    ) async throws -> [[Float]] {
        precondition(loader.augmentation == nil && loader.batchSize == self.batchSize, "an evaluation loader of this batch size")
        var batches = PrefetchedBatches(loader, epoch: 0, start: 0, depth: prefetch)
        var result: [[Float]] = []
        var done = 0
        while let batch = try await batches.nextBatch() {
            result += try await thread.run { try self.logits(batch) }
            done += 1
            progress(done, loader.batchCount)
        }
        return result
    }
}
