import Graph
import Kernels
import Runtime
import TestSupport
import Testing

/// Convolutional networks whose operands are rounded to bfloat16, with values between them that are bfloat16 too.
@Suite struct BFloat16ConvolutionTests {
    /// Builds small networks, channels first, as files spell them.
    private struct Builder {
        var graph = Graph()
        private var count: UInt64 = 0

        mutating func weights(_ shape: [Int], _ range: ClosedRange<Float>) -> ValueID {
            self.count += 1
            var random = SeededRandom(seed: self.count)
            return self.graph.constant(random.tensor(TensorType(.float32, shape), in: range), name: "w\(self.count)")
        }

        mutating func conv(
            _ x: ValueID, _ channels: Int, _ kernel: Int, stride: Int = 1, isDepthwise: Bool = false
        ) throws -> ValueID {
            let input = self.graph[x].type.shape[1]
            let shape = [channels, isDepthwise ? 1 : input, kernel, kernel]
            let bound = 1.5 / Float(shape[1] * kernel * kernel).squareRoot()
            let window = Window(stride: stride, padding: (kernel - 1) / 2, groups: isDepthwise ? input : 1)
            let w = self.weights(shape, -bound...bound)
            return try self.graph.apply(Conv(window: window), x, w, self.weights([channels], -0.2...0.2))
        }

        mutating func linear(_ x: ValueID, _ columns: Int) throws -> ValueID {
            let rows = self.graph[x].type.shape.last ?? 0
            let bound = 1.5 / Float(rows).squareRoot()
            let product = try self.graph.apply(MatMul(), x, self.weights([rows, columns], -bound...bound))
            return try self.graph.apply(Add(), product, self.weights([columns], -0.2...0.2))
        }

        mutating func normalized(_ x: ValueID) throws -> ValueID {
            let channels = self.graph[x].type.shape.last ?? 0
            return try self.graph.apply(
                LayerNormalization(), x, self.weights([channels], 0.5...1.5), self.weights([channels], -0.2...0.2))
        }

        mutating func apply(_ op: any Operator, _ inputs: ValueID...) throws -> ValueID {
            try self.graph.append(op, inputs.map { $0 })[0]
        }
    }

    enum Network: String, CaseIterable {
        case residual
        case gated
        case tokens
        case decoder
    }

    private static func graph(_ network: Network) throws -> Graph {
        var builder = Builder()
        let x = builder.graph.input("x", TensorType(.float32, [2, 3, 24, 20]))
        let y =
            switch network {
            case .residual: try self.residual(x, &builder)
            case .gated: try self.gated(x, &builder)
            case .tokens: try self.tokens(x, &builder)
            case .decoder: try self.decoder(x, &builder)
            }
        builder.graph.output("y", y)
        return builder.graph
    }

    /// As ResNet: a pooled stem, blocks around which values are added, a mean, and a product.
    private static func residual(_ x: ValueID, _ builder: inout Builder) throws -> ValueID {
        var y = try builder.apply(Relu(), try builder.conv(x, 16, 7, stride: 2))
        y = try builder.apply(MaxPool(kernel: [3, 3], window: Window(stride: 2, padding: 1)), y)
        for stride in [1, 2] {
            let shortcut = try stride == 1 ? y : builder.conv(y, 16, 1, stride: 2)
            let inner = try builder.apply(Relu(), try builder.conv(y, 16, 3, stride: stride))
            y = try builder.apply(Relu(), try builder.apply(Add(), try builder.conv(inner, 16, 3), shortcut))
        }
        return try builder.linear(try builder.apply(Flatten(), try builder.apply(GlobalAveragePool(), y)), 5)
    }

    /// As EfficientNet: wide blocks with a kernel for each channel and a gate.
    private static func gated(_ x: ValueID, _ builder: inout Builder) throws -> ValueID {
        func silu(_ x: ValueID, _ builder: inout Builder) throws -> ValueID {
            try builder.apply(Mul(), x, try builder.apply(Sigmoid(), x))
        }
        var y = try silu(try builder.conv(x, 8, 3, stride: 2), &builder)
        for kernel in [3, 5] {
            var inner = try silu(try builder.conv(y, 24, 1), &builder)
            inner = try silu(try builder.conv(inner, 24, kernel, isDepthwise: true), &builder)
            // One of the two ways in which exporters spell it.
            let pool: any Operator = kernel == 3 ? GlobalAveragePool() : ReduceMean(axes: [-1, 2], keepDimensions: true)
            let mean = try builder.apply(pool, inner)
            let hidden = try silu(try builder.conv(mean, 6, 1), &builder)
            let gate = try builder.apply(Sigmoid(), try builder.conv(hidden, 24, 1))
            y = try builder.apply(Add(), try builder.conv(try builder.apply(Mul(), inner, gate), 8, 1), y)
        }
        return try builder.linear(try builder.apply(ReduceMean(axes: [2, 3], keepDimensions: false), y), 5)
    }

    /// As ConvNeXt: wide kernels, then normalised rows and products, scaled and added.
    private static func tokens(_ x: ValueID, _ builder: inout Builder) throws -> ValueID {
        func rows(_ x: ValueID, _ builder: inout Builder, _ body: (ValueID, inout Builder) throws -> ValueID) throws -> ValueID {
            let last = try builder.apply(Transpose(permutation: [0, 2, 3, 1]), x)
            return try builder.apply(Transpose(permutation: [0, 3, 1, 2]), try body(last, &builder))
        }
        var y = try builder.conv(x, 16, 3, stride: 2)
        y = try rows(y, &builder) { try $1.normalized($0) }
        for _ in 0..<2 {
            let inner = try rows(try builder.conv(y, 16, 7, isDepthwise: true), &builder) { last, builder in
                let hidden = try builder.apply(Gelu(), try builder.linear(try builder.normalized(last), 32))
                return try builder.apply(Mul(), try builder.linear(hidden, 16), builder.weights([16], 0.5...1))
            }
            y = try builder.apply(Add(), inner, y)
        }
        y = try builder.conv(try rows(y, &builder) { try $1.normalized($0) }, 24, 2, stride: 2)
        let mean = try builder.apply(Flatten(), try builder.apply(GlobalAveragePool(), y))
        return try builder.linear(try builder.normalized(mean), 5)
    }

    /// As U-Net: a map made smaller and larger again, joined to what it was.
    private static func decoder(_ x: ValueID, _ builder: inout Builder) throws -> ValueID {
        let skip = try builder.apply(Relu(), try builder.conv(x, 16, 3))
        let pooled = try builder.apply(MaxPool(kernel: [2, 2], window: Window(stride: 2)), skip)
        let deep = try builder.apply(Relu(), try builder.conv(pooled, 24, 3))
        let joined = try builder.apply(Concat(axis: 1), skip, try builder.apply(Resize(.scales([2, 2])), deep))
        let y = try builder.apply(Relu(), try builder.conv(joined, 16, 3))
        return try builder.linear(try builder.apply(Flatten(), try builder.apply(GlobalAveragePool(), y)), 5)
    }

    private static let fusing: [Pass] = [
        .simplify, .shareCommon, .recoverOperators, .channelsLast, .fuseMatMul, .foldConstants, .fuseConv, .withoutDeadNodes,
    ]
    private static let passes: [Pass] = fusing + [.computeInBFloat16, .withoutDeadNodes]

    @Test(arguments: Network.allCases) func nothingIsConvertedInBetween(_ network: Network) throws {
        let plain = try Self.graph(network).running(Self.fusing)
        let graph = try Self.graph(network).running(Self.passes)
        #expect(graph.nodes.map(\.op.name) == plain.nodes.map(\.op.name))
        #expect(!graph.description.contains("Cast"))
        // All but the result, and what moves the picture to channels-last.
        for node in graph.nodes where !(node.op is Transpose) {
            let type = graph[node.outputs[0]].type.dataType
            let isResult = graph.outputs.contains { $0.value == node.outputs[0] }
            #expect(type == (isResult ? .float32 : .bfloat16), "\(node.name): \(node.op.text)")
        }
    }

    @Test(arguments: Network.allCases) func resultsAreCloseToFloat32(_ network: Network) throws {
        let plain = try Self.graph(network)
        let graph = try plain.running(Self.passes)
        var random = SeededRandom(seed: 9)
        let x = random.tensor(TensorType(.float32, [2, 3, 24, 20]), in: -1...1)
        let exact = try #require(GraphEvaluator().run(plain, ["x": x])["y"]).doubles
        let result = try #require(GraphEvaluator().run(graph, ["x": x])["y"]).doubles
        let largest = exact.map(abs).max() ?? 0
        #expect(Tolerance(absolute: 3e-2 * largest, relative: 0).mismatch(result, exact, network.rawValue) == nil)
        #expect(result != exact)
    }

    /// Where one reader wants float32, convolutions still multiply in bfloat16, and round what they read themselves.
    @Test func otherReadersKeepFloat32() throws {
        var builder = Builder()
        let x = builder.graph.input("x", TensorType(.float32, [1, 3, 8, 8]))
        let y = try builder.conv(x, 8, 3)
        let z = try builder.conv(y, 8, 3, isDepthwise: true)
        builder.graph.output("sum", try builder.apply(ReduceSum(axes: [1], keepDimensions: true), y))
        builder.graph.output("z", try builder.conv(z, 4, 1))
        let graph = try builder.graph.running(Self.passes)
        let convolutions = graph.nodes.compactMap { node in
            (node.op as? FusedConv).map { ($0.precision, graph[node.outputs[0]].type.dataType) }
        }
        // The one in the middle has few products, and would have to round a float32 x first.
        #expect(convolutions.map(\.0) == [.bfloat16, .float32, .bfloat16])
        #expect(convolutions.map(\.1) == [.float32, .float32, .float32])
    }
}
