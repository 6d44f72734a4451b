import Architectures
import Graph
import Kernels
import Runtime
import TestSupport
import Testing
import Trainer

/// A training step with given values, run on given inputs.
struct GoldenStep {
    let plan: Plan
    let store: ParameterStore
    let thread: ComputeThread

    /// - Parameters:
    ///   - values: all of the graph's parameters and buffers, and no others.
    ///   - constants: what the loss wants beside them.
    init(_ graph: TrainingGraph, values: [String: Tensor], constants: [String: Tensor] = [:]) throws {
        let wanted = Dictionary(uniqueKeysWithValues: graph.parameters.map { ($0.name, $0.shape) })
        try #require(wanted == values.mapValues(\.shape), "parameter names and shapes")
        var store = ParameterStore()
        for (name, tensor) in values.merging(constants, uniquingKeysWith: { $1 }) { store[name] = tensor }
        store.addZeros(graph.optimizerState)
        self.store = store
        self.thread = try ComputeThread(threads: 2)
        self.plan = try Plan(graph.graph, parameters: store.tensors, packs: PackStore(), options: Plan.Options(threads: 2))
    }

    /// The loss of one step.
    func run(_ inputs: [String: Tensor], _ hyper: Hyperparameters, _ optimizer: OptimizerConfiguration) throws -> Double {
        let plan = self.plan
        let values = Tensor(hyper.values(optimizer), shape: [Hyperparameters.count])
        return try self.thread.runAndWait {
            for (name, tensor) in inputs { try plan.setInput(name, tensor) }
            try plan.setInput(Hyperparameters.inputName, values)
            try plan.run()
            return Double(try plan.output("loss").array(of: Float.self)[0])
        }
    }

    /// The largest distance of a parameter's gradient from the expected elements at those places; infinite for NaN.
    func distance(_ name: String, from expected: [Double], at places: (Int) -> [Int]) throws -> Double {
        let actual = try self.plan.output("gradient/" + name).doubles
        let places = places(actual.count)
        try #require(places.count == expected.count)
        return zip(places, expected).map { abs(actual[$0] - $1) }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
    }

    /// The L2 norm of a parameter or buffer.
    func norm(_ name: String) -> Double {
        (self.store[name]?.doubles ?? [.nan]).reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
}
