import Architectures
import Graph
import Kernels
import Runtime
import TestSupport
import Testing
import Trainer

/// Stochastic depth as layers of the builder.
@Suite struct DropPathTests {
    private static let batch = 16

    /// Residual branches of ones `[16, 3, 2]` that are dropped with a quarter's probability, and the gradient of their sum of
    /// squares.
    private static func plan(ratio: Float) throws -> Plan {
        var model = ModelBuilder(mode: .training)
        let x = model.graph.input("x", TensorType(.float32, [self.batch, 3, 2]))
        let y = try model.dropPath(x, ratio: ratio, name: "path")
        let squares = try model.apply(Mul(), y, y)
        let loss = try model.apply(ReduceSum(axes: [], keepDimensions: false), squares)
        let result = try model.graph.differentiated(loss, withRespectTo: [x])
        var graph = result.graph
        graph.output("y", y)
        graph.output("dx", try #require(result.gradients[x]))
        return try Plan(graph, parameters: [:], packs: PackStore(), options: Plan.Options(threads: 2))
    }

    private static func run(_ plan: Plan, step: Int64) throws -> (y: [Float], dx: [Float]) {
        try ComputeThread(threads: 2).runAndWait {
            try plan.setInput("x", GoldenGenerator.uniform("x", shape: [self.batch, 3, 2], scale: 1))
            try plan.setInput(ModelBuilder.dropoutSeedName, Tensor([7, step], shape: [2]))
            try plan.run()
            return (try plan.output("y").array(of: Float.self), try plan.output("dx").array(of: Float.self))
        }
    }

    /// Whole examples go, the others grow by 4/3, their gradients likewise; the same step gives the same bits.
    @Test func dropsWholeExamples() throws {
        let plan = try Self.plan(ratio: 0.25)
        let x = GoldenGenerator.uniform("x", shape: [Self.batch, 3, 2], scale: 1).array(of: Float.self)
        var dropped = 0
        for step in 0..<100 {
            let (y, dx) = try Self.run(plan, step: Int64(step))
            for example in 0..<Self.batch {
                let elements = (example * 6)..<(example * 6 + 6)
                let isDropped = y[elements.lowerBound] == 0
                dropped += isDropped ? 1 : 0
                let factor: Float = isDropped ? 0 : 4 / 3
                for index in elements {
                    #expect(abs(y[index] - factor * x[index]) <= 1e-6)
                    #expect(abs(dx[index] - 2 * factor * factor * x[index]) <= 1e-6)
                }
            }
        }
        // Five standard deviations of 1600 fair draws.
        #expect(abs(dropped - 400) < 87)
        let again = try Self.plan(ratio: 0.25)
        #expect(try Self.run(plan, step: 3).y == Self.run(again, step: 3).y)
        #expect(try Self.run(plan, step: 3).y != Self.run(again, step: 4).y)
    }
}
