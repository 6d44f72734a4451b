import Graph
import Kernels
import Runtime
import TestSupport
import Testing

/// Passes that recognise what exporters take apart.
@Suite struct RecoveryTests {
    /// The operators after the passes; throws when the numbers change.
    private func operators(_ graph: Graph, _ passes: [Pass]) throws -> [String] {
        var random = SeededRandom(seed: 9)
        var bindings: [String: Tensor] = [:]
        for id in graph.inputs { bindings[graph[id].name] = random.tensor(graph[id].type, in: -1...1) }
        let changed = try graph.running(passes)
        let before = try GraphEvaluator(implementation: "reference").run(graph, bindings)
        let after = try GraphEvaluator().run(changed, bindings)
        for (name, tensor) in before {
            let other = try #require(after[name])
            #expect(Tolerance(absolute: 2e-5, relative: 1e-4).mismatch(other.doubles, tensor.doubles, name) == nil)
        }
        return changed.nodes.map(\.op.name)
    }

    private func weights(_ shape: [Int], _ seed: UInt64) -> Tensor {
        var random = SeededRandom(seed: seed)
        return random.tensor(TensorType(.float32, shape), in: -1...1)
    }

    /// Multi-head attention of rank 3, batch and heads in one axis, with something added to the scores.
    private func attention(_ addend: (inout Graph, _ scores: ValueID) throws -> ValueID) throws -> Graph {
        var graph = Graph()
        let type = TensorType(.float32, [3, 6, 4])
        let (q, k, v) = (graph.input("q", type), graph.input("k", type), graph.input("v", type))
        let scale = graph.constant(Tensor([Float(0.5)], shape: []), name: "scale")
        let transposed = try graph.apply(Transpose(permutation: [0, 2, 1]), k)
        let scores = try graph.apply(MatMul(), try graph.apply(Mul(), q, scale), transposed)
        let weights = try graph.apply(Softmax(axis: -1), try addend(&graph, scores))
        graph.output("y", try graph.apply(MatMul(), weights, v))
        return graph
    }

    @Test func attentionOfRankThree() throws {
        let graph = try self.attention { _, scores in scores }
        #expect(
            try self.operators(graph, [.fuseAttention]) == [
                "Reshape", "Reshape", "Reshape", "ScaledDotProductAttention", "Reshape",
            ])
    }

    @Test(arguments: [[3, 6, 6], [6, 6], [1, 6]]) func attentionWithAMask(_ shape: [Int]) throws {
        let graph = try self.attention { graph, scores in
            try graph.apply(Add(), scores, graph.input("mask", TensorType(.float32, shape)))
        }
        #expect(try self.operators(graph, [.fuseAttention]).contains("ScaledDotProductAttention"))
    }

    /// Keys on a grid of 2 x 3; each query adds a number for the row and one for the column.
    @Test func attentionWithRelativePositions() throws {
        let graph = try self.attention { graph, scores in
            let rows = graph.input("rows", TensorType(.float32, [3, 2, 3, 2]))
            let columns = graph.input("columns", TensorType(.float32, [3, 2, 3, 3]))
            let spread = try graph.apply(
                Add(), try graph.apply(Unsqueeze(axes: [4]), rows), try graph.apply(Unsqueeze(axes: [3]), columns))
            return try graph.apply(Add(), scores, try graph.apply(Reshape([3, 6, 6]), spread))
        }
        let operators = try self.operators(graph, [.fuseAttention])
        #expect(operators.contains("ScaledDotProductAttention") && !operators.contains("Softmax"))
        #expect(operators.allSatisfy { $0 == "Reshape" || $0 == "ScaledDotProductAttention" })
    }

    @Test(arguments: [true, false]) func normalisationWrittenAsReductions(isCentred: Bool) throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [5, 8]))
        let mean = ReduceMean(axes: [-1], keepDimensions: true)
        let top = isCentred ? try graph.apply(Sub(), x, try graph.apply(mean, x)) : x
        let two = graph.constant(Tensor([Float(2)], shape: []), name: "two")
        let epsilon = graph.constant(Tensor([Float(1e-3)], shape: []), name: "epsilon")
        let variance = try graph.apply(mean, try graph.apply(Pow(), top, two))
        let bottom = try graph.apply(Sqrt(), try graph.apply(Add(), variance, epsilon))
        var y = try graph.apply(Div(), top, bottom)
        y = try graph.apply(Mul(), y, graph.constant(self.weights([8], 1), name: "scale"))
        if isCentred { y = try graph.apply(Add(), y, graph.constant(self.weights([8], 2), name: "bias")) }
        graph.output("y", y)
        #expect(
            try self.operators(graph, [.recoverOperators, .withoutDeadNodes])
                == [isCentred ? "LayerNormalization" : "RMSNormalization"])
    }

    @Test func gatesBecomeActivations() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [4, 9]))
        graph.output("silu", try graph.apply(Mul(), x, try graph.apply(Sigmoid(), x)))
        graph.output("hard", try graph.apply(Mul(), try graph.apply(HardSigmoid(alpha: 1.0 / 6, beta: 0.5), x), x))
        #expect(try self.operators(graph, [.recoverActivations, .withoutDeadNodes]) == ["Silu", "HardSwish"])
    }

    /// How programs write GELU by tanh and quick GELU, with x in front.
    enum Spelling: CaseIterable {
        case ours, power, nested, inFront, sharedSquare, wrongConstant, quick, quickTurned, sigmoidOfTwo
    }

    private func gelu(_ spelling: Spelling) throws -> Graph {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [4, 9]))
        func number(_ value: Float) -> ValueID { graph.constant(Tensor([value], shape: []), name: "number") }
        func mul(_ a: ValueID, _ b: ValueID) throws -> ValueID { try graph.apply(Mul(), a, b) }
        func add(_ a: ValueID, _ b: ValueID) throws -> ValueID { try graph.apply(Add(), a, b) }
        func bent(_ inner: ValueID) throws -> ValueID { try add(number(1), try graph.apply(Tanh(), inner)) }
        let slope = number(0.797_884_56)
        let y: ValueID
        switch spelling {
        case .ours:
            guard case .lowered(let lower) = Gelu(approximate: .tanh).onnx(opset: 17) else { throw TestError.notLowered }
            y = try lower(&graph, [x])[0]
        case .power, .wrongConstant:
            let cube = try graph.apply(Pow(), x, number(3))
            let sum = try add(x, try mul(number(spelling == .power ? 0.044715 : 0.0447), cube))
            y = try mul(try mul(number(0.5), x), try bent(try mul(slope, sum)))
        case .nested:
            let line = try mul(x, slope)
            let rest = try add(number(1), try mul(try mul(number(0.044715), x), x))
            y = try mul(try mul(number(0.5), x), try bent(try mul(line, rest)))
        case .inFront:
            let cube = try mul(try mul(x, x), x)
            let gate = try bent(try mul(slope, try add(x, try mul(cube, number(0.044715)))))
            y = try mul(x, try mul(number(0.5), gate))
        case .sharedSquare:
            let square = try graph.apply(Pow(), x, number(2))
            let inner = try mul(slope, try add(x, try mul(number(0.044715), try mul(square, x))))
            y = try graph.apply(Div(), try mul(try bent(inner), x), number(2))
        case .quick: y = try mul(x, try graph.apply(Sigmoid(), try mul(number(1.702), x)))
        case .quickTurned: y = try mul(try graph.apply(Sigmoid(), try graph.apply(Div(), x, number(0.5))), x)
        case .sigmoidOfTwo: y = try mul(x, try graph.apply(Sigmoid(), try mul(x, x)))
        }
        graph.output("y", y)
        return graph
    }

    private enum TestError: Error {
        case notLowered
    }

    @Test(arguments: Spelling.allCases) func activationsInAnySpelling(_ spelling: Spelling) throws {
        let names = try self.operators(try self.gelu(spelling), [.recoverActivations])
        switch spelling {
        case .ours, .power, .nested, .inFront, .sharedSquare: #expect(names == ["Gelu"])
        case .quick, .quickTurned: #expect(names == ["Swish"])
        case .wrongConstant, .sigmoidOfTwo: #expect(!names.contains("Gelu") && !names.contains("Swish"))
        }
    }

    @Test func equalNodesAreComputedOnce() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [4, 9]))
        let twos = try (0..<2).map { _ in
            try graph.apply(Mul(), x, graph.constant(Tensor([Float(2)], shape: []), name: "two"))
        }
        let other = try graph.apply(Mul(), x, graph.constant(Tensor([Float(3)], shape: []), name: "three"))
        graph.output("y", try graph.apply(Add(), try graph.apply(Sub(), twos[0], other), twos[1]))
        #expect(try self.operators(graph, [.shareCommon]) == ["Mul", "Mul", "Sub", "Add"])
    }

    @Test func whatChangesNothingIsDropped() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [4, 9]))
        let same = try graph.apply(Reshape([4, 9]), try graph.apply(Cast(to: .float32), x))
        graph.output("y", try graph.apply(Relu(), try graph.apply(Transpose(permutation: [0, 1]), same)))
        #expect(try self.operators(graph, [.simplify]) == ["Relu"])
    }
}
