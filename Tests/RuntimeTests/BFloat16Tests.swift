import Graph
import Kernels
import Runtime
import TestSupport
import Testing

/// Products and attention whose operands are rounded to bfloat16.
@Suite struct BFloat16Tests {
    private static func weights(_ shape: [Int], _ seed: UInt64) -> Tensor {
        var random = SeededRandom(seed: seed)
        return random.tensor(TensorType(.float32, shape), in: -0.5...0.5)
    }

    /// Half a transformer block: projection, attention over 37 tokens, projection, residual, and two products.
    private static func block() throws -> Graph {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [2, 37, 48]))
        func linear(_ x: ValueID, _ input: Int, _ output: Int, _ seed: UInt64) throws -> ValueID {
            let w = graph.constant(self.weights([input, output], seed), name: "w\(seed)")
            let b = graph.constant(self.weights([output], seed + 100), name: "b\(seed)")
            return try graph.apply(Add(), try graph.apply(MatMul(), x, w), b)
        }
        let attended = try graph.apply(PackedAttention(heads: 3), try linear(x, 48, 144, 1))
        let sum = try graph.apply(Add(), x, try linear(attended, 48, 48, 2))
        let hidden = try graph.apply(Gelu(), try linear(sum, 48, 90, 3))
        graph.output("y", try linear(hidden, 90, 7, 4))
        return graph
    }

    private static let passes: [Pass] = [.fuseMatMul, .computeInBFloat16, .withoutDeadNodes]

    @Test func onlyWhatProductsReadIsNarrow() throws {
        let graph = try Self.block().running(Self.passes)
        #expect(graph.nodes.map(\.op.name) == ["FusedMatMul", "PackedAttention", "FusedMatMul", "FusedMatMul", "FusedMatMul"])
        let types = graph.nodes.map { graph[$0.outputs[0]].type.dataType }
        #expect(types == [.bfloat16, .bfloat16, .bfloat16, .bfloat16, .float32])
    }

    /// The plan's numbers are those of the references, which round where the kernels do, and close to float32's.
    @Test(arguments: [1, 2]) func resultsAreThoseOfRoundedOperands(threads: Int) throws {
        guard computesInBFloat16() else {
            print("skipped: this CPU does not multiply bfloat16")
            return
        }
        let plain = try Self.block()
        let graph = try plain.running(Self.passes)
        var random = SeededRandom(seed: 3)
        let x = random.tensor(TensorType(.float32, [2, 37, 48]), in: -1...1)
        let plan = try Plan(
            graph, parameters: [:], packs: PackStore(), options: Plan.Options(threads: threads, keepsEverything: true))
        #expect(plan.implementations == ["packed", "tiled", "packed", "packed", "packed"])
        try plan.setInput("x", x)
        try plan.run()
        for node in graph.nodes {
            let inputs = node.inputs.map { $0.map { graph[$0].constant ?? plan.view($0).copied() } }
            let expected = try GraphEvaluator(implementation: "reference").run(node.op, inputs)[0]
            let actual = plan.view(node.outputs[0]).copied()
            #expect(actual.type == expected.type)
            // A sum in another order can round to the neighbouring bfloat16, at most 1/128 away; attention rounds its
            // weights as well, each by at most 1/512 of a value that is at most 3.
            let isNarrow = actual.type.dataType == .bfloat16
            let tolerance = Tolerance(absolute: isNarrow ? 6e-3 : 1e-5, relative: isNarrow ? 1.0 / 128 : 1e-5)
            #expect(tolerance.mismatch(actual.doubles, expected.doubles, node.name) == nil)
        }
        let result = try plan.output("y").copied().doubles
        let exact = try #require(GraphEvaluator(implementation: "reference").run(plain, ["x": x])["y"]).doubles
        let largest = exact.map(abs).max() ?? 0
        #expect(Tolerance(absolute: 2e-2 * largest, relative: 0).mismatch(result, exact, "exact") == nil)
        #expect(result != exact)
    }

    @Test func aRowDoesNotDependOnItsBatch() throws {
        guard computesInBFloat16() else {
            print("skipped: this CPU does not multiply bfloat16")
            return
        }
        let w = Self.weights([40, 70], 5)
        func run(_ x: Tensor) throws -> [Float] {
            var graph = Graph()
            let id = graph.input("x", x.type)
            graph.output("y", try graph.apply(MatMul(), id, graph.constant(w, name: "w")))
            let plan = try Plan(
                try graph.running(Self.passes), parameters: [:], packs: PackStore(), options: Plan.Options(threads: 2))
            try plan.setInput("x", x)
            try plan.run()
            return try plan.output("y").array(of: Float.self)
        }
        let x = Self.weights([100, 40], 6)
        let all = try run(x)
        let last = try run(Tensor(TensorType(.float32, [1, 40]), storage: x.storage, byteOffset: 99 * 40 * 4))
        #expect(Array(all.suffix(70)) == last)
    }
}
