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
            let plan = try plans.plan(for: inputs)
            for (name, tensor) in inputs { try plan.setInput(name, tensor) }
            return try plan.profile()
        }
    }
}

/// The plans of one model by input shapes. Only the session's thread touches it.
private final class PlanCache: @unchecked Sendable {
    /// More shapes than this, and the oldest plan is given up.
    private static let capacity = 8

    private let model: OnnxModel
    private let threads: Int
    private let packs = PackStore()
    private var plans: [(key: [String: TensorType], plan: Plan)] = []

    init(_ model: OnnxModel, threads: Int) {
        self.model = model
        self.threads = threads
    }

    func run(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        let plan = try self.plan(for: inputs)
        for (name, tensor) in inputs { try plan.setInput(name, tensor) }
        try plan.run()
        var outputs: [String: Tensor] = [:]
        for output in plan.graph.outputs { outputs[output.name] = try plan.output(output.name).copied() }
        return outputs
    }

    func trace(_ inputs: [String: Tensor]) throws -> [(node: String, tensors: [Tensor])] {
        let graph = try self.graph(for: inputs)
        let plan = try Plan(
            graph, parameters: [:], packs: PackStore(), options: Plan.Options(threads: self.threads, keepsEverything: true))
        for (name, tensor) in inputs { try plan.setInput(name, tensor) }
        try plan.run()
        return graph.nodes.map { ($0.name, $0.outputs.map { plan.view($0).copied() }) }
    }

    func plan(for inputs: [String: Tensor]) throws -> Plan {
        let key = inputs.mapValues(\.type)
        if let known = self.plans.first(where: { $0.key == key }) { return known.plan }
        let plain = try self.graph(for: inputs)
        let graph: Graph
        do throws(GraphError) {
            graph = try plain.running(Self.passes)
        } catch {
            throw RuntimeError(error)
        }
        let plan = try Plan(graph, parameters: [:], packs: self.packs, options: Plan.Options(threads: self.threads))
        if self.plans.count >= Self.capacity { self.plans.removeFirst() }
        self.plans.append((key, plan))
        return plan
    }

    /// What makes a file's graph fast; the exporter validates with the same.
    private static let passes: [Pass] = [
        .fuseGelu, .fuseAttention, .channelsLast, .fuseMatMul, .foldConstants, .fuseConv, .withoutDeadNodes,
    ]

    private func graph(for inputs: [String: Tensor]) throws(RuntimeError) -> Graph {
        for port in self.model.inputs {
            guard let tensor = inputs[port.name] else {
                throw RuntimeError(.input, port.name, "is missing; the model takes \(port)")
            }
            guard tensor.type.dataType == port.dataType else {
                throw RuntimeError(.input, port.name, "is \(tensor.type), the model takes \(port)")
            }
        }
        if let extra = inputs.keys.first(where: { name in !self.model.inputs.contains { $0.name == name } }) {
            throw RuntimeError(.input, extra, "is no input of the model; its inputs are \(self.model.inputs.map(\.name))")
        }
        do throws(OnnxError) {
            return try self.model.graph(inputs: inputs.mapValues(\.shape), operators: OperatorTable.all)
        } catch {
            throw RuntimeError(error)
        }
    }
}
