import Architectures
import Foundation
import Graph
import Kernels
import Runtime
import Testing
import Trainer

/// One training step of the largest volume that is promised: 300 x 270 x 270, a hundred pictures through ResNet-18.
@Suite struct VolumeMemoryTests {
    private static let limit = 8 << 30

    private static func step(recomputes: Bool) throws -> TrainingGraph {
        let recipe = ModelRecipe(architecture: "proximity100x100", classes: 4, imageHeight: 270, imageWidth: 270, slices: 300)
        var options = TrainingGraphOptions(
            inputShape: recipe.inputShape(batch: 1), optimizer: OptimizerConfiguration(), gradientClip: 1)
        options.recomputesActivations = recomputes
        return try TrainingGraph(recipe.make(), RetrievalLoss(.microF1, margin: 0), options)
    }

    @Test(arguments: [(false, 8 << 30), (true, 4 << 30)]) func aStepIsPlannedWithinEightGigabytes(
        _ recomputes: Bool, _ limit: Int
    ) throws {
        let graph = try Self.step(recomputes: recomputes)
        var store = ParameterStore()
        store.addZeros(graph.parameters.map { ($0.name, $0.shape) } + graph.optimizerState)
        let bound = store.tensors.values.reduce(0) { $0 + $1.type.byteCount }
        let plan = try Plan(graph.graph, parameters: store.tensors, packs: PackStore(), options: Plan.Options(threads: 2))
        #expect(bound + plan.arenaByteCount <= limit, "\(bound) bytes of tensors, \(plan.arenaByteCount) of the arena")
    }

    /// Takes minutes and the memory that it measures; `DR_LARGE_TESTS=recompute` for a step that computes activations again.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["DR_LARGE_TESTS"] != nil)) func aStepRunsWithinEightGigabytes() throws
    {
        let recomputes = ProcessInfo.processInfo.environment["DR_LARGE_TESTS"] == "recompute"
        let graph = try Self.step(recomputes: recomputes)
        var store = ParameterStore(graph.parameters, seed: 1)
        store.addZeros(graph.optimizerState)
        let plan = try Plan(graph.graph, parameters: store.tensors, packs: PackStore(), options: Plan.Options(threads: 2))
        let clock = ContinuousClock()
        let start = clock.now
        let loss = try ComputeThread(threads: 2).runAndWait {
            let input = try plan.inputElements("input")
            input.withElements(as: Float.self) { for index in $0.indices { $0[index] = Float(index % 17) / 8 - 1 } }
            try plan.setInput("targets", Tensor([Float(1), 0, 1, 0], shape: [1, 4]))
            try plan.setInput("mask", Tensor([Float(1)], shape: [1]))
            try plan.setInput(ModelBuilder.dropoutSeedName, Tensor([Int64(1), 1], shape: [2]))
            let hyper = Hyperparameters(learningRate: 1e-5, step: 1).values(OptimizerConfiguration())
            try plan.setInput(Hyperparameters.inputName, Tensor(hyper, shape: [Hyperparameters.count]))
            try plan.run()
            return try plan.output("loss").array(of: Float.self)[0]
        }
        #expect(loss.isFinite)
        let peak = try #require(try Self.peakByteCount())
        print("one step of 300 x 270 x 270: \(start.duration(to: clock.now)), arena \(plan.arenaByteCount), peak \(peak) bytes")
        #expect(peak <= Self.limit)
    }

    /// The most memory that this process has had at one time.
    private static func peakByteCount() throws -> Int? {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }.map { $0 << 10 }
    }
}
