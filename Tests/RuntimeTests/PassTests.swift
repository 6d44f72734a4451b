import Graph
import Kernels
import Runtime
import TestSupport
import Testing

/// What passes make of small graphs, as text, and that the numbers stay.
@Suite struct PassTests {
    /// Runs a graph on seeded inputs before and after passes and compares the outputs.
    private func numbersStay(_ graph: Graph, _ passes: [Pass], seed: UInt64 = 5) throws -> String? {
        var random = SeededRandom(seed: seed)
        var bindings: [String: Tensor] = [:]
        for id in graph.inputs + graph.parameters { bindings[graph[id].name] = random.tensor(graph[id].type, in: -1...1) }
        let before = try GraphEvaluator().run(graph, bindings)
        let after = try GraphEvaluator().run(try graph.running(passes), bindings)
        for (name, tensor) in before {
            guard let other = after[name] else { return "output \(name) is gone" }
            if let message = Tolerance.float32.mismatch(other.doubles, tensor.doubles, name) { return message }
        }
        return nil
    }

    private func operators(_ graph: Graph) -> [String] { graph.nodes.map(\.op.name) }

    @Test func aLinearLayerBecomesOneProduct() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [2, 3, 8]))
        let w = graph.parameter("w", TensorType(.float32, [5, 8]))
        let b = graph.parameter("b", TensorType(.float32, [5]))
        let transposed = try graph.apply(Transpose(permutation: [1, 0]), w)
        let y = try graph.apply(Add(), try graph.apply(MatMul(), x, transposed), b)
        graph.output("y", try graph.apply(Gelu(), y))
        let fused = try graph.running([.fuseMatMul])
        #expect(self.operators(fused) == ["FusedMatMul"])
        #expect(fused.description.contains("transposeB: true"))
        #expect(try self.numbersStay(graph, [.fuseMatMul]) == nil)
    }

    @Test func aValueThatOthersReadIsNotFusedAway() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [4, 8]))
        let w = graph.parameter("w", TensorType(.float32, [8, 5]))
        let product = try graph.apply(MatMul(), x, w)
        graph.output("y", try graph.apply(Relu(), product))
        graph.output("raw", product)
        #expect(self.operators(try graph.running([.fuseMatMul])) == ["FusedMatMul", "Relu"])
        #expect(try self.numbersStay(graph, [.fuseMatMul]) == nil)
    }

    @Test func aResidualBlockRunsChannelsLast() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [2, 4, 6, 5]))
        let w = graph.parameter("w", TensorType(.float32, [4, 4, 3, 3]))
        let window = Window(rank: 2, padding: 1)
        let y = try graph.apply(Conv(window: window), x, w)
        let sum = try graph.apply(Add(), y, x)
        graph.output("y", try graph.apply(Relu(), sum))
        let passes: [Pass] = [.channelsLast, .fuseConv, .withoutDeadNodes]
        #expect(self.operators(try graph.running(passes)) == ["Transpose", "FusedConv", "Transpose"])
        #expect(try self.numbersStay(graph, passes) == nil)
    }

    @Test func loweredAttentionIsFoundAgain() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [2, 7, 48]))
        graph.output("y", try graph.apply(PackedAttention(heads: 2), x))
        guard case .lowered(let lower) = PackedAttention(heads: 2).onnx(opset: 17) else {
            Issue.record("PackedAttention is not lowered")
            return
        }
        var lowered = Graph()
        let input = lowered.input("x", TensorType(.float32, [2, 7, 48]))
        lowered.output("y", try lower(&lowered, [input])[0])
        #expect(self.operators(try lowered.running([.fuseAttention])) == ["PackedAttention"])
        #expect(try self.numbersStay(lowered, [.fuseAttention]) == nil)
    }

    @Test func geluByErfIsFoundAgain() throws {
        guard case .lowered(let lower) = Gelu().onnx(opset: 17) else {
            Issue.record("Gelu is not lowered")
            return
        }
        var lowered = Graph()
        let input = lowered.input("x", TensorType(.float32, [2, 7]))
        lowered.output("y", try lower(&lowered, [input])[0])
        #expect(self.operators(try lowered.running([.fuseGelu])) == ["Gelu"])
        #expect(try self.numbersStay(lowered, [.fuseGelu]) == nil)
    }

    @Test func constantsAreFolded() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [2]))
        let a = graph.constant(Tensor([Float(1), 2], shape: [2]))
        let b = graph.constant(Tensor([Float(3), 4], shape: [2]))
        graph.output("y", try graph.apply(Mul(), x, try graph.apply(Add(), a, b)))
        #expect(self.operators(try graph.running([.foldConstants])) == ["Mul"])
        #expect(try self.numbersStay(graph, [.foldConstants]) == nil)
    }
}
