import Graph
import Kernels
import Runtime
import TestSupport
import Testing

/// What passes make of small graphs, as text, and that the numbers stay.
@Suite struct PassTests {
    /// Runs a graph on seeded inputs before and after passes and compares the outputs.
    private func numbersStay(
        _ graph: Graph, _ passes: [Pass], seed: UInt64 = 5, range: ClosedRange<Float> = -1...1
    ) throws -> String? {
        var random = SeededRandom(seed: seed)
        var bindings: [String: Tensor] = [:]
        for id in graph.inputs + graph.parameters { bindings[graph[id].name] = random.tensor(graph[id].type, in: range) }
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

    /// How the decoder of a small U-Net makes its maps larger.
    enum Upsampling: CaseIterable {
        case transposed
        case nearest
        case linear
    }

    /// Encoder, decoder with a gated skip connection, and a head whose map is resized, on 2 x 3 x 12 x 10.
    private func unet(_ upsampling: Upsampling) throws -> Graph {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [2, 3, 12, 10]))
        func weight(_ name: String, _ shape: [Int]) -> ValueID { graph.parameter(name, TensorType(.float32, shape)) }
        func conv(_ name: String, _ x: ValueID, _ w: [Int], padding: Int = 1) throws -> ValueID {
            let bias = weight(name + ".bias", [w[0]])
            return try graph.apply(Conv(window: Window(padding: padding)), x, weight(name + ".weight", w), bias, name: name)
        }
        let skip = try graph.apply(Relu(), try conv("encoder", x, [8, 3, 3, 3]))
        let pooled = try graph.apply(MaxPool(kernel: [2, 2], window: Window(stride: 2)), skip)
        let deep = try graph.apply(Relu(), try conv("bottom", pooled, [16, 8, 3, 3]))
        let up: ValueID
        switch upsampling {
        case .transposed: up = try graph.apply(ConvTranspose(window: Window(stride: 2)), deep, weight("up", [16, 8, 2, 2]))
        case .nearest:
            up = try graph.apply(Resize(.scales([2, 2]), mode: .nearest, coordinates: .asymmetric, rounding: .floor), deep)
        case .linear: up = try graph.apply(Resize(.sizes([12, 10])), deep)
        }
        let gate = try graph.apply(Sigmoid(), try conv("gate", up, [1, upsampling == .transposed ? 8 : 16, 1, 1], padding: 0))
        let gated = try graph.apply(Mul(), skip, gate)
        let both = try graph.apply(Concat(axis: 1), up, gated)
        let channels = upsampling == .transposed ? 16 : 24
        let fused = try graph.apply(Relu(), try conv("decoder", both, [8, channels, 3, 3]))
        let logits = try conv("head", fused, [2, 8, 1, 1], padding: 0)
        graph.output("y", try graph.apply(Resize(.scales([2, 2])), logits))
        return graph
    }

    /// Layouts change where a picture comes in and where maps go out, nowhere between, and fusion goes on as before.
    @Test(arguments: Upsampling.allCases) func aDecoderRunsChannelsLast(_ upsampling: Upsampling) throws {
        let graph = try self.unet(upsampling)
        let passes: [Pass] = [.channelsLast, .fuseConv, .withoutDeadNodes]
        let names = self.operators(try graph.running(passes))
        let up = upsampling == .transposed ? "ConvTranspose" : "Resize"
        #expect(
            names == [
                "Transpose", "FusedConv", "MaxPool", "FusedConv", up, "FusedConv", "Sigmoid", "Mul", "Concat", "FusedConv",
                "FusedConv", "Resize", "Transpose",
            ])
        // Small weights: sums of many large numbers would differ by more than their last digits.
        #expect(try self.numbersStay(graph, passes, range: -0.25...0.25) == nil)
    }

    /// The backward half stays channels-last too: the one transposition more is the gradient of the last.
    @Test(arguments: Upsampling.allCases) func aDecoderIsTrainedChannelsLast(_ upsampling: Upsampling) throws {
        var graph = try self.unet(upsampling).running([.channelsLast])
        let y = graph.outputs[0].value
        let loss = try graph.apply(ReduceMean(axes: [], keepDimensions: false), try graph.apply(Mul(), y, y), name: "loss")
        let result = try graph.differentiated(loss, withRespectTo: Set(graph.parameters))
        var full = result.graph
        for id in graph.parameters { full.output("d." + graph[id].name, try #require(result.gradients[id])) }
        full.output("loss", loss)
        let transpositions = try full.withoutDeadNodes().nodes.filter { $0.op is Transpose }
        #expect(transpositions.count == 3)
    }

    /// Joining along other axes than channels.
    @Test(arguments: [0, 1, 2, -1]) func joiningMovesItsAxis(_ axis: Int) throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [2, 4, 6, 5]))
        let w = graph.parameter("w", TensorType(.float32, [4, 4, 1, 1]))
        let y = try graph.apply(Conv(window: Window()), x, w)
        graph.output("y", try graph.apply(Relu(), try graph.apply(Concat(axis: axis), x, y)))
        let passes: [Pass] = [.channelsLast, .withoutDeadNodes]
        #expect(self.operators(try graph.running(passes)) == ["Transpose", "Conv", "Concat", "Relu", "Transpose"])
        #expect(try self.numbersStay(graph, passes) == nil)
    }

    /// Tokens that become a map and tokens again lie channels-last already: nothing is turned.
    @Test func tokensBecomeMapsWithoutTransposes() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [2, 6, 5, 4]))
        let w = graph.parameter("w", TensorType(.float32, [4, 1, 3, 3]))
        let map = try graph.apply(Transpose(permutation: [0, 3, 1, 2]), x)
        let y = try graph.apply(Gelu(), try graph.apply(Conv(window: Window(padding: 1, groups: 4)), map, w))
        graph.output("y", try graph.apply(Transpose(permutation: [0, 2, 3, 1]), y))
        let passes: [Pass] = [.channelsLast, .withoutDeadNodes]
        #expect(self.operators(try graph.running(passes)) == ["Conv", "Gelu"])
        #expect(try self.numbersStay(graph, passes) == nil)
        // Another order of the axes is another thing.
        graph.output("z", try graph.apply(Transpose(permutation: [0, 3, 2, 1]), y))
        #expect(try self.numbersStay(graph, passes) == nil)
    }

    /// Maps of one channel and channels of one position are turned without a copy.
    @Test func oneChannelOrOnePositionIsAView() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [2, 1, 6, 5]))
        let w = graph.parameter("w", TensorType(.float32, [4, 1, 3, 3]))
        let y = try graph.apply(Conv(window: Window()), x, w)
        graph.output("y", try graph.apply(GlobalAveragePool(), y))
        graph.output("map", try graph.apply(ReduceMax(axes: [1], keepDimensions: true), y))
        let passes: [Pass] = [.channelsLast, .withoutDeadNodes]
        let views = try graph.running(passes)
        #expect(
            self.operators(views) == ["Reshape", "Conv", "Transpose", "GlobalAveragePool", "Reshape", "ReduceMax"])
        #expect(try self.numbersStay(graph, passes) == nil)
        let wider = try views.retyped(["x": TensorType(.float32, [3, 1, 6, 5])])
        #expect(wider.outputs.map { wider[$0.value].type.shape } == [[3, 4, 1, 1], [3, 1, 4, 3]])
    }

    /// A vector of three axes does not line up with a map of four: it stays where it is.
    @Test func fewerAxesStayChannelsFirst() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [2, 4, 6, 5]))
        let w = graph.parameter("w", TensorType(.float32, [4, 4, 1, 1]))
        let b = graph.parameter("b", TensorType(.float32, [4, 1, 1]))
        graph.output("y", try graph.apply(Add(), try graph.apply(Conv(window: Window()), x, w), b))
        let passes: [Pass] = [.channelsLast, .withoutDeadNodes]
        #expect(self.operators(try graph.running(passes)) == ["Transpose", "Conv", "Transpose", "Add"])
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
        let passes: [Pass] = [.fuseAttention, .attendInPlace, .cancelTransposes]
        #expect(self.operators(try lowered.running(passes)) == ["PackedAttention"])
        #expect(try self.numbersStay(lowered, passes) == nil)
    }

    @Test func geluByErfIsFoundAgain() throws {
        guard case .lowered(let lower) = Gelu().onnx(opset: 17) else {
            Issue.record("Gelu is not lowered")
            return
        }
        var lowered = Graph()
        let input = lowered.input("x", TensorType(.float32, [2, 7]))
        lowered.output("y", try lower(&lowered, [input])[0])
        #expect(self.operators(try lowered.running([.recoverActivations])) == ["Gelu"])
        #expect(try self.numbersStay(lowered, [.recoverActivations]) == nil)
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
