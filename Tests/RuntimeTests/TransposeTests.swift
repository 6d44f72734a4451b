import Graph
import Kernels
import Runtime
import TestSupport
import Testing

/// Transpositions and copies that go away, and those that must stay.
@Suite struct TransposeTests {
    private static let passes: [Pass] = [.cancelTransposes, .attendInPlace, .cancelTransposes, .sinkTransposes]

    /// The operators after the passes that are no views, sorted; records an issue where numbers change.
    private func operators(_ graph: Graph, _ passes: [Pass] = passes, range: ClosedRange<Float> = -1...1) throws -> [String] {
        var random = SeededRandom(seed: 21)
        var bindings: [String: Tensor] = [:]
        for id in graph.inputs { bindings[graph[id].name] = random.tensor(graph[id].type, in: range) }
        let changed = try graph.running(passes)
        let before = try GraphEvaluator(implementation: "reference").run(graph, bindings)
        let after = try GraphEvaluator().run(changed, bindings)
        #expect(!before.isEmpty)
        for (name, tensor) in before {
            let other = try #require(after[name])
            #expect(other.type == tensor.type)
            #expect(Tolerance(absolute: 2e-5, relative: 1e-4).mismatch(other.doubles, tensor.doubles, name) == nil)
        }
        return changed.nodes.filter { !($0.op is any ViewOperator) }.map(\.op.name).sorted()
    }

    /// Chains of moves drawn by a seed: the elements stay where they were, and no more of them are transposed.
    @Test(arguments: 0..<60) func anyChainKeepsItsElements(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var graph = Graph()
        var value = graph.float("x", [4, 6, 2, 3])
        for step in 0..<7 {
            let shape = graph[value].type.shape
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1: value = try graph.apply(Transpose(permutation: shape.indices.shuffled(using: &random)), value)
            case 2: value = try graph.apply(Reshape(Self.regrouped(shape, &random)), value)
            case 3:
                let axis = shape.indices.randomElement(using: &random) ?? 0
                let start = Int.random(in: 0..<shape[axis], using: &random)
                let end = Int.random(in: (start + 1)...shape[axis], using: &random)
                value = try graph.apply(Slice(starts: [start], ends: [end], axes: [axis]), value)
            default:
                let axis = shape.indices.randomElement(using: &random) ?? 0
                let first = Int.random(in: 0...shape[axis], using: &random)
                let parts = try graph.append(Split(axis: axis, sizes: [first, shape[axis] - first]), [value])
                value = parts[first == 0 ? 1 : 0]
            }
            if step == 3 { graph.output("middle", value) }
        }
        graph.output("y", value)
        let before = graph.nodes.count { $0.op is Transpose }
        #expect(try self.operators(graph, [.cancelTransposes, .simplify]).count { $0 == "Transpose" } <= before)
    }

    /// Another shape for as many elements: neighbouring axes joined, or one taken apart.
    private static func regrouped(_ shape: [Int], _ random: inout SeededRandom) -> [Int] {
        let axis = shape.indices.randomElement(using: &random) ?? 0
        if Bool.random(using: &random), axis + 1 < shape.count {
            return shape[..<axis] + [shape[axis] * shape[axis + 1]] + shape[(axis + 2)...]
        }
        let divisors = (1...max(shape[axis], 1)).filter { shape[axis].isMultiple(of: $0) }
        let divisor = divisors.randomElement(using: &random) ?? 1
        return shape[..<axis] + [divisor, shape[axis] / divisor] + shape[(axis + 1)...]
    }

    /// SegFormer's way: tokens become a map for a convolution and tokens again.
    @Test func tokensAreMapsChannelsLast() throws {
        var graph = Graph()
        let rows = try graph.apply(Transpose(permutation: [0, 2, 1]), graph.float("tokens", [2, 30, 4]))
        let map = try graph.apply(Reshape([2, 4, 6, 5]), rows)
        let y = try graph.apply(Conv(window: Window(padding: 1, groups: 4)), map, graph.weight("w", [4, 1, 3, 3]))
        let flat = try graph.apply(Reshape([2, 4, 30]), y)
        graph.output("y", try graph.apply(Gelu(), try graph.apply(Transpose(permutation: [0, 2, 1]), flat)))
        #expect(try self.operators(graph, [.channelsLast] + Self.passes) == ["Conv", "Gelu"])
    }

    /// Attention over windows as SAM has it: one projection for q, k and v, batch and heads in one axis, positions on a grid of
    /// 2 x 3 that read the queries, too.
    @Test func windowedAttentionReadsTheProjection() throws {
        var graph = Graph()
        let apart = try graph.apply(Reshape([5, 6, 3, 2, 4]), graph.float("qkv", [5, 2, 3, 24]))
        let turned = try graph.apply(Transpose(permutation: [2, 0, 3, 1, 4]), apart)
        let parts = try graph.append(Split(axis: 0, sizes: [1, 1, 1]), [try graph.apply(Reshape([3, 10, 6, 4]), turned)])
        let (q, k, v) = (parts[0], parts[1], parts[2])
        let places = try graph.apply(Reshape([10, 2, 3, 4]), q)
        let rows = try graph.apply(MatMul(), places, graph.weight("rows", [4, 2]))
        let columns = try graph.apply(MatMul(), places, graph.weight("columns", [4, 3]))
        let grid = [rows, columns].enumerated().map { ($0.offset, $0.element) }
        var biases: [ValueID?] = []
        for (index, bias) in grid { biases.append(try graph.apply(Reshape([1, 10, 6, index + 2]), bias)) }
        let y = try graph.append(ScaledDotProductAttention(), [q, k, v, nil] + biases)[0]
        let heads = try graph.apply(Reshape([5, 2, 6, 4]), y)
        let tokens = try graph.apply(Transpose(permutation: [0, 2, 1, 3]), heads)
        graph.output("y", try graph.apply(Reshape([5, 2, 3, 8]), tokens))
        // Only the queries are copied, for the positions.
        #expect(
            try self.operators(graph) == ["MatMul", "MatMul", "ScaledDotProductAttention", "Slice", "Transpose"])
    }

    /// PyTorch's `MultiheadAttention`: rows outside, batch and heads in one axis; with a mask for each.
    @Test(arguments: [[6, 5], [1, 6, 5], [8, 6, 5]]) func rowsOutsideStayThere(_ mask: [Int]) throws {
        var graph = Graph()
        func heads(_ name: String, _ rows: Int) throws -> ValueID {
            let apart = try graph.apply(Reshape([rows, 8, 3]), graph.float(name, [rows, 2, 12]))
            return try graph.apply(Transpose(permutation: [1, 0, 2]), apart)
        }
        let (q, k, v) = (try heads("q", 6), try heads("k", 5), try heads("v", 5))
        let turned = try graph.apply(Transpose(permutation: [0, 2, 1]), k)
        let scores = try graph.apply(Add(), try graph.apply(MatMul(), q, turned), graph.float("mask", mask))
        let y = try graph.apply(MatMul(), try graph.apply(Softmax(axis: -1), scores), v)
        graph.output("y", try graph.apply(Reshape([6, 2, 12]), try graph.apply(Transpose(permutation: [1, 0, 2]), y)))
        #expect(try self.operators(graph, [.fuseAttention] + Self.passes) == ["ScaledDotProductAttention"])
    }

    /// Parts of uneven width do not lie at equal distances: they are copied as before.
    @Test func unevenPartsAreCopied() throws {
        var graph = Graph()
        let parts = try graph.append(Split(axis: 2, sizes: [8, 4, 4]), [graph.float("qkv", [2, 5, 16])])
        var heads: [ValueID?] = []
        for (part, count) in zip(parts, [2, 1, 1]) {
            let apart = try graph.apply(Reshape([2, 5, count, 4]), part)
            heads.append(try graph.apply(Transpose(permutation: [0, 2, 1, 3]), apart))
        }
        let keys = try graph.apply(Concat(axis: 1), heads[1], heads[1])
        let values = try graph.apply(Concat(axis: 1), heads[2], heads[2])
        graph.output("y", try graph.append(ScaledDotProductAttention(), [heads[0], keys, values])[0])
        #expect(try self.operators(graph).contains("ScaledDotProductAttention"))
    }

    /// ConvNeXt's way: the residual stream is channels-first in the file, everything else channels-last.
    @Test func aResidualStreamTurnsWhole() throws {
        var graph = Graph()
        var x = try graph.apply(Conv(window: Window()), graph.float("x", [2, 4, 6, 5]), graph.weight("stem", [4, 4, 1, 1]))
        for index in 0..<3 {
            let y = try graph.apply(Conv(window: Window(padding: 1, groups: 4)), x, graph.weight("w\(index)", [4, 1, 3, 3]))
            let last = try graph.apply(Transpose(permutation: [0, 2, 3, 1]), y)
            let rows = try graph.apply(LayerNormalization(axis: -1), last, graph.weight("scale\(index)", [4]))
            x = try graph.apply(Add(), try graph.apply(Transpose(permutation: [0, 3, 1, 2]), rows), x)
        }
        graph.output("y", try graph.apply(ReduceMean(axes: [2, 3], keepDimensions: false), x))
        let names = try self.operators(graph, [.channelsLast] + Self.passes)
        #expect(names.count { $0 == "Transpose" } == 1)
    }

    /// Squeeze and excitation by a mean over positions, between quantised values.
    @Test func gatesAndScalesMoveAlong() throws {
        var graph = Graph()
        let y = try graph.apply(Conv(window: Window()), graph.float("x", [2, 4, 6, 5]), graph.weight("w", [4, 4, 1, 1]))
        let step = graph.number(0.02, name: "step")
        let zero = graph.constant(Tensor(scalar: 120, .uint8), name: "zero")
        let coarse = try graph.apply(DequantizeLinear(), try graph.apply(QuantizeLinear(), y, step, zero), step, zero)
        let mean = try graph.apply(ReduceMean(axes: [2, 3], keepDimensions: true), coarse)
        let gate = try graph.apply(Conv(window: Window()), mean, graph.weight("g", [4, 4, 1, 1]))
        let gated = try graph.apply(Mul(), coarse, try graph.apply(Sigmoid(), gate))
        graph.output("y", try graph.apply(Conv(window: Window()), gated, graph.weight("v", [4, 4, 1, 1])))
        #expect(try self.operators(graph, [.channelsLast] + Self.passes).count { $0 == "Transpose" } == 2)
    }

    /// Inputs of fewer axes, other axes to join and to compete along.
    @Test func axesMoveAlong() throws {
        var graph = Graph()
        let x = try graph.apply(Transpose(permutation: [0, 3, 1, 2]), graph.float("x", [2, 6, 5, 4]))
        let shifted = try graph.apply(Add(), x, graph.float("shift", [4, 1, 5]))
        let both = try graph.apply(Concat(axis: 1), shifted, try graph.apply(Sub(), x, graph.number(2, name: "two")))
        let soft = try graph.apply(Softmax(axis: 1), both)
        let sum = try graph.apply(ReduceSum(axes: [2], keepDimensions: false), soft)
        graph.output("sum", sum)
        graph.output("y", try graph.apply(Transpose(permutation: [0, 2, 3, 1]), soft))
        // The small shift and the sum are turned instead of x and the result.
        #expect(
            try self.operators(graph, [.sinkTransposes]) == [
                "Add", "Concat", "ReduceSum", "Softmax", "Sub", "Transpose", "Transpose",
            ])
    }

    /// Where moving would transpose more, nothing moves.
    @Test func aLargeSumOfASmallTransposeStays() throws {
        var graph = Graph()
        let x = try graph.apply(Transpose(permutation: [1, 0, 2]), graph.float("x", [3, 1, 4]), name: "small")
        let row = try graph.apply(Transpose(permutation: [0, 2, 1]), graph.float("row", [1, 2, 3]), name: "row turned")
        let sum = try graph.apply(Add(), row, graph.float("wide", [7, 3, 2]), name: "sum")
        graph.output("x", x)
        graph.output("y", sum)
        let changed = try graph.running([.sinkTransposes])
        #expect(changed.description == graph.description)
    }

    /// Rows are normalised over the last axes: a transposition of those stays before it.
    @Test func normalisedAxesStayLast() throws {
        var graph = Graph()
        let x = try graph.apply(Transpose(permutation: [0, 2, 1]), graph.float("x", [2, 4, 6]))
        let y = try graph.apply(LayerNormalization(axis: -1), x, graph.weight("scale", [4]))
        graph.output("y", try graph.apply(Transpose(permutation: [0, 2, 1]), y))
        #expect(try self.operators(graph) == ["LayerNormalization", "Transpose", "Transpose"])
        var outer = Graph()
        let z = try outer.apply(Transpose(permutation: [1, 0, 2]), outer.float("x", [2, 6, 4]))
        let w = try outer.apply(LayerNormalization(axis: -1), z, outer.weight("scale", [4]))
        outer.output("y", try outer.apply(Transpose(permutation: [1, 0, 2]), w))
        #expect(try self.operators(outer) == ["LayerNormalization"])
    }
}
