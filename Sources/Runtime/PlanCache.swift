import Graph
import Kernels
import OnnxFormat

/// The plans of one model by input shapes. Only the session's thread touches it.
final class PlanCache: @unchecked Sendable {
    private let model: OnnxModel
    private let path: String
    private let threads: Int
    private let precision: SessionOptions.Precision
    private let packs: PackStore
    private var firsts = RecentlyUsed<[String: TensorType], PlannedStage>()

    /// - Parameters:
    ///   - path: the model's file, for errors.
    ///   - packs: shared by the streams of a session.
    init(_ model: OnnxModel, path: String, threads: Int, precision: SessionOptions.Precision, packs: PackStore) {
        self.precision = precision
        self.packs = packs
        self.model = model
        self.path = path
        self.threads = threads
    }

    func run(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        try self.walk(inputs) { (plan) throws(RuntimeError) in try plan.run() }
    }

    /// Goes through the model's stages; `body` runs the plan of each. Returns the outputs of the last.
    func walk(_ inputs: [String: Tensor], _ body: (Plan) throws(RuntimeError) -> Void) throws(RuntimeError) -> [String: Tensor] {
        do throws(RuntimeError) {
            return try self.stages(inputs, body)
        } catch {
            throw error.of(model: self.path)
        }
    }

    private func stages(
        _ inputs: [String: Tensor], _ body: (Plan) throws(RuntimeError) -> Void
    ) throws(RuntimeError) -> [String: Tensor] {
        var planned = try self.firsts.value(inputs.mapValues(\.type)) { () throws(RuntimeError) in
            try self.planned(try self.firstStage(for: inputs))
        }
        var values = inputs
        while true {
            let plan = try self.plan(of: planned, for: values)
            for (name, tensor) in values where plan.hasInput(name) { try plan.setInput(name, tensor) }
            try body(plan)
            var outputs: [String: Tensor] = [:]
            for output in plan.graph.outputs { outputs[output.name] = try plan.output(output.name).copied() }
            guard let wanted = planned.stage.wanted, let value = outputs[wanted] else { return outputs }
            planned = try self.follower(of: planned, value)
            values = outputs
        }
    }

    func report(_ inputs: [String: Tensor]) throws(RuntimeError) -> SessionReport {
        var nodes: [SessionReport.NodeTime] = []
        var arenaByteCount = 0
        _ = try self.walk(inputs) { (plan) throws(RuntimeError) in
            arenaByteCount += plan.arenaByteCount
            for time in try plan.profile() {
                let start = nodes.last.map { $0.start + $0.seconds } ?? 0
                nodes.append(
                    SessionReport.NodeTime(
                        name: time.node.name, operation: time.node.op.name, implementation: time.implementation, start: start,
                        seconds: time.seconds))
            }
        }
        return SessionReport(
            weightByteCount: self.model.weights.reduce(0) { $0 + $1.type.byteCount }, packedByteCount: self.packs.byteCount,
            arenaByteCount: arenaByteCount, nodes: nodes)
    }

    func trace(_ inputs: [String: Tensor]) throws(RuntimeError) -> [(node: String, tensors: [Tensor])] {
        var stage = try self.firstStage(for: inputs)
        var values = inputs
        var trace: [(node: String, tensors: [Tensor])] = []
        while true {
            let plan = try Plan(
                stage.graph, parameters: [:], packs: PackStore(),
                options: Plan.Options(threads: self.threads, keepsEverything: true, mostBytes: self.model.limits.runBytes))
            for (name, tensor) in values where plan.hasInput(name) { try plan.setInput(name, tensor) }
            try plan.run()
            trace += stage.graph.nodes.map { ($0.name, $0.outputs.map { plan.view($0).copied() }) }
            guard let wanted = stage.wanted else { return trace }
            values = [:]
            for output in stage.graph.outputs { values[output.name] = try plan.output(output.name).copied() }
            guard let value = values[wanted] else { return trace }
            stage = try self.next(stage, value)
        }
    }

    private func follower(of planned: PlannedStage, _ value: Tensor) throws(RuntimeError) -> PlannedStage {
        let bytes = value.withElementBytes { [UInt8]($0) }
        return try planned.followers.value(StageKey(type: value.type, bytes: bytes)) { () throws(RuntimeError) in
            try self.planned(try self.next(planned.stage, value))
        }
    }

    private func next(_ stage: OnnxStage, _ value: Tensor) throws(RuntimeError) -> OnnxStage {
        do throws(OnnxError) {
            return try stage.next(value)
        } catch {
            throw RuntimeError(error)
        }
    }

    private var options: Plan.Options { Plan.Options(threads: self.threads, mostBytes: self.model.limits.runBytes) }

    private func planned(_ stage: OnnxStage) throws(RuntimeError) -> PlannedStage {
        let graph = try self.running(self.precision == .bfloat16 ? .bfloat16Inference : .inference, on: stage.graph)
        return PlannedStage(stage, try self.planned(graph))
    }

    private func planned(_ graph: Graph) throws(RuntimeError) -> Plan {
        try Plan(graph, parameters: [:], packs: self.packs, options: self.options)
    }

    private func running(_ passes: [Pass], on graph: Graph) throws(RuntimeError) -> Graph {
        do throws(GraphError) {
            return try graph.running(passes)
        } catch {
            throw RuntimeError(error)
        }
    }

    /// The stage's plan, or the one that carries NaN where there may be one.
    private func plan(of planned: PlannedStage, for values: [String: Tensor]) throws(RuntimeError) -> Plan {
        guard planned.losesNaN else { return planned.plan }
        let isFinite = values.allSatisfy { name, tensor in !planned.plan.hasInput(name) || tensor.isFinite }
        if isFinite { return planned.plan }
        if let plan = planned.carryingPlan { return plan }
        let plan = try self.planned(try self.running([.separateRelu], on: planned.plan.graph))
        planned.carryingPlan = plan
        return plan
    }

    private func firstStage(for inputs: [String: Tensor]) throws(RuntimeError) -> OnnxStage {
        var extras = Set(inputs.keys)
        for port in self.model.inputs {
            for name in port.names(among: Set(inputs.keys)) {
                guard let tensor = inputs[name] else {
                    throw RuntimeError(.input, name, "is missing; the model takes \(port)")
                }
                guard tensor.type.dataType == port.dataType else {
                    throw RuntimeError(.input, name, "is \(tensor.type), the model takes \(port)")
                }
                extras.remove(name)
            }
        }
        if let extra = extras.sorted().first {
            throw RuntimeError(.input, extra, "is no input of the model; its inputs are \(self.model.inputs.map(\.name))")
        }
        do throws(OnnxError) {
            return try self.model.stage(inputs: inputs.mapValues(\.shape), operators: OperatorTable.all)
        } catch {
            throw RuntimeError(error)
        }
    }
}

/// A stage of a model with its plan, and the stages that followed it so far.
private final class PlannedStage {
    let stage: OnnxStage
    let plan: Plan
    /// The plan has a ReLU inside of oneDNN's convolutions, which makes NaN 0.
    let losesNaN: Bool
    /// Made when inputs of a plan that loses NaN are not all finite for the first time.
    var carryingPlan: Plan?
    var followers = RecentlyUsed<StageKey, PlannedStage>()

    init(_ stage: OnnxStage, _ plan: Plan) {
        self.stage = stage
        self.plan = plan
        self.losesNaN = zip(plan.graph.nodes, plan.implementations).contains { node, implementation in
            (node.op as? FusedConv)?.activation == .relu && implementation == "onednn"
        }
    }
}

/// The value that chose a stage.
private struct StageKey: Hashable {
    let type: TensorType
    let bytes: [UInt8]
}

/// A few values by key; the one that was used longest ago is given up.
private struct RecentlyUsed<Key: Equatable, Value> {
    private static var capacity: Int { 8 }
    /// Latest last.
    private var entries: [(key: Key, value: Value)] = []

    mutating func value(_ key: Key, _ make: () throws(RuntimeError) -> Value) throws(RuntimeError) -> Value {
        if let index = self.entries.firstIndex(where: { $0.key == key }) {
            let entry = self.entries.remove(at: index)
            self.entries.append(entry)
            return entry.value
        }
        let value = try make()
        if self.entries.count >= Self.capacity { self.entries.removeFirst() }
        self.entries.append((key, value))
        return value
    }
}

extension Tensor {
    fileprivate func withElementBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        defer { withExtendedLifetime(self.storage) {} }
        return body(UnsafeRawBufferPointer(start: self.rawPointer, count: self.type.byteCount))
    }
}
