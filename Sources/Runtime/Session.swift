package import Graph
package import OnnxFormat
import Kernels

/// A loaded model that answers requests, on a compute thread of its own.
///
/// Weights stay in the mapped file; plans are made for each combination of input shapes when it is first asked for,
/// and share packed weights.
package final class Session: Sendable {
    package let model: OnnxModel
    private let thread: ComputeThread
    private let plans: PlanCache

    /// Maps and checks a model file.
    /// - Parameters:
    ///   - path: `model.onnx`; external data lies beside it.
    ///   - threads: size of the compute team.
    package init(path: String, threads: Int) throws(RuntimeError) {
        do throws(OnnxError) {
            self.model = try OnnxFile.read(path)
        } catch {
            throw RuntimeError(error)
        }
        self.thread = ComputeThread(threads: threads)
        self.plans = PlanCache(self.model, threads: threads)
    }

    /// Runs the model; returns its outputs by name.
    /// - Parameter inputs: one tensor for each input of the model, of its element type; free dimensions take any size.
    package func run(_ inputs: [String: Tensor]) async throws -> [String: Tensor] {
        try await self.thread.run { [plans] in try plans.run(inputs) }
    }

    /// Runs other work with the session's team of threads, when it is its turn.
    package func perform<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await self.thread.run(body)
    }

    /// Runs the model and blocks until it is done; for programs that have nothing else to do.
    package func runAndWait(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        try self.thread.runAndWait { [plans] in try plans.run(inputs) }
    }

    /// Every value of one run by name, with the plain graph of the file (no fusion), for comparing node by node.
    package func trace(_ inputs: [String: Tensor]) throws -> [(node: String, tensors: [Tensor])] {
        try self.thread.runAndWait { [plans] in try plans.trace(inputs) }
    }

    /// Seconds by node of one run.
    package func profile(_ inputs: [String: Tensor]) throws -> [(node: Node, implementation: String, seconds: Double)] {
        try self.thread.runAndWait { [plans] in
            var times: [(node: Node, implementation: String, seconds: Double)] = []
            _ = try plans.walk(inputs) { (plan) throws(RuntimeError) in times += try plan.profile() }
            return times
        }
    }
}
