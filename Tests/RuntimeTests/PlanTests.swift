import Graph
import Kernels
import Runtime
import TestSupport
import Testing
import TrainingKernels

/// Memory plans and the execution of plans.
@Suite struct PlanTests {
    /// `depth` negations after each other on 1 KiB.
    private func chain(_ depth: Int) throws -> Graph {
        var graph = Graph()
        var x = graph.input("x", TensorType(.float32, [256]))
        for _ in 0..<depth { x = try graph.apply(Neg(), x) }
        graph.output("y", x)
        return graph
    }

    @Test func aChainReusesItsMemory() throws {
        let plan = try Plan(try self.chain(50), parameters: [:], packs: PackStore(), options: Plan.Options(threads: 1))
        #expect(plan.arenaByteCount <= 3 * 1024)
        let kept = try Plan(
            try self.chain(50), parameters: [:], packs: PackStore(), options: Plan.Options(threads: 1, keepsEverything: true))
        #expect(kept.arenaByteCount >= 51 * 1024)
    }

    @Test func aValueReadLaterSurvives() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [4]))
        let a = try graph.apply(Neg(), x)
        var b = a
        for _ in 0..<5 { b = try graph.apply(Neg(), b) }
        graph.output("y", try graph.apply(Sub(), a, b))
        let plan = try Plan(graph, parameters: [:], packs: PackStore(), options: Plan.Options(threads: 1))
        try plan.setInput("x", Tensor([Float(1), 2, 3, 4], shape: [4]))
        try plan.run()
        #expect(try plan.output("y").array(of: Float.self) == [-2, -4, -6, -8])
    }

    @Test func updatesChangeParameters() throws {
        var graph = Graph()
        let w = graph.parameter("w", TensorType(.float32, [3]))
        let g = graph.input("g", TensorType(.float32, [3]))
        let hyper = graph.input("hyper", TensorType(.float32, [4]))
        let m = graph.parameter("m", TensorType(.float32, [3]))
        let outputs = try graph.append(SGDStep(momentum: 0, weightDecay: 0), [w, g, m, hyper])
        graph.update(w, to: outputs[0])
        graph.update(m, to: outputs[1])
        // Another update that no kernel can do in place: it is copied after the run.
        let count = graph.parameter("count", TensorType(.float32, [3]))
        graph.update(count, to: try graph.apply(Add(), count, g))
        let tensors = [
            "w": Tensor([Float(1), 2, 3], shape: [3]), "m": Tensor([Float(0), 0, 0], shape: [3]),
            "count": Tensor([Float(0), 0, 0], shape: [3]),
        ]
        let plan = try Plan(graph, parameters: tensors, packs: PackStore(), options: Plan.Options(threads: 1))
        for _ in 0..<2 {
            try plan.setInput("g", Tensor([Float(1), 0, -1], shape: [3]))
            try plan.setInput("hyper", Tensor([Float(0.5), 1, 1, 1], shape: [4]))
            try plan.run()
        }
        #expect(tensors["w"]?.array(of: Float.self) == [0, 2, 4])
        #expect(tensors["count"]?.array(of: Float.self) == [2, 0, -2])
    }

    @Test func wrongInputsAreRefusedByName() throws {
        let plan = try Plan(try self.chain(1), parameters: [:], packs: PackStore(), options: Plan.Options(threads: 1))
        #expect(throws: RuntimeError.self) { try plan.setInput("z", Tensor([Float(1)], shape: [1])) }
        #expect(throws: RuntimeError.self) { try plan.setInput("x", Tensor([Float(1)], shape: [1])) }
    }
}
