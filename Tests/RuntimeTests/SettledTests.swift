import Foundation
import Graph
import OnnxFormat
import Runtime
import TestSupport
import Testing

/// All passes in a row leave nothing that they would do a second time.
@Suite struct SettledTests {
    struct Model: Sendable, CustomStringConvertible {
        let description: String
        let graph: @Sendable () throws -> Graph
    }

    private static let small = [
        Model(description: "U-Net") { try SmallModel.unet() }, Model(description: "SegFormer") { try SmallModel.segFormer() },
        Model(description: "attention with relative positions") { try Self.relativeAttention() },
    ]

    /// Attention over a map as SAM has it: queries are read once more, transposed, for the biases of rows and columns.
    private static func relativeAttention() throws -> Graph {
        let (batch, heads, side, depth) = (2, 3, 4, 8)
        let (count, outer) = (side * side, batch * heads)
        var graph = Graph()
        let projected = graph.float("x", [batch, count, 3 * heads * depth])
        let apart = try graph.apply(Reshape([batch, count, 3, heads, depth]), projected, name: "apart")
        let moved = try graph.apply(Transpose(permutation: [2, 0, 3, 1, 4]), apart, name: "moved")
        let joined = try graph.apply(Reshape([3, outer, count, depth]), moved, name: "joined")
        let parts = try graph.append(Split(axis: 0, sizes: [1, 1, 1]), [joined], name: "parts")
        let operands = try parts.map { try graph.apply(Squeeze(axes: [0]), $0) }
        let map = try graph.apply(Reshape([outer, side, side, depth]), operands[0], name: "map")
        func bias(_ order: [Int], _ back: [Int], _ name: String) throws -> ValueID {
            let turned = try graph.apply(Transpose(permutation: order), map, name: "\(name).turned")
            let rows = try graph.apply(Reshape([side, outer * side, depth]), turned, name: "\(name).rows")
            let product = try graph.apply(MatMul(), rows, graph.weight("\(name).table", [side, depth, side]), name: name)
            let split = try graph.apply(Reshape([side, outer, side, side]), product, name: "\(name).split")
            return try graph.apply(Transpose(permutation: back), split, name: "\(name).back")
        }
        let rows = try graph.apply(Unsqueeze(axes: [4]), try bias([1, 0, 2, 3], [1, 0, 2, 3], "high"))
        let columns = try graph.apply(Unsqueeze(axes: [3]), try bias([2, 0, 1, 3], [1, 2, 0, 3], "wide"))
        let positions = try graph.apply(Reshape([outer, count, count]), try graph.apply(Add(), rows, columns))
        let scaled = try graph.apply(Mul(), operands[0], graph.number(0.25, name: "scale"))
        let keys = try graph.apply(Transpose(permutation: [0, 2, 1]), operands[1])
        let scores = try graph.apply(Add(), try graph.apply(MatMul(), scaled, keys), positions)
        let result = try graph.apply(MatMul(), try graph.apply(Softmax(), scores), operands[2])
        let tokens = try graph.apply(
            Transpose(permutation: [0, 2, 1, 3]), try graph.apply(Reshape([batch, heads, count, depth]), result))
        graph.output("y", try graph.apply(Reshape([batch, count, heads * depth]), tokens))
        return graph
    }

    /// The golden models that other programs wrote, with a batch of 2 where they leave it open.
    private static let files: [Model] = ["onnx", "quantized"].flatMap { name in
        let folder = GoldenFolder.models.deletingLastPathComponent().appendingPathComponent(name)
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".onnx") }.sorted().map { file in
            Model(description: file) { try Self.graph(folder.appendingPathComponent(file).path) }
        }
    }

    static let models = small + files

    private static func graph(_ path: String) throws -> Graph {
        let model = try OnnxFile.read(path)
        var inputs: [String: [Int]] = [:]
        for port in model.inputs {
            inputs[port.name] = (port.dimensions ?? []).map { if case .fixed(let size) = $0 { size } else { 2 } }
        }
        return try model.graph(inputs: inputs, operators: OperatorTable.all)
    }

    @Test func theModelsAreThere() {
        #expect(Self.models.count >= 24)
    }

    /// In float32, and in bfloat16, whose passes come behind all others: those before widen what is narrow.
    @Test(arguments: models) func aSecondTimeChangesNothing(_ model: Model) throws {
        let once = try model.graph().running(.inference)
        #expect(try once.running(.inference).description == once.description)
        let last = [Pass](([Pass].bfloat16Inference).dropFirst([Pass].inference.count))
        let narrow = try once.running(last)
        #expect(try narrow.running(last).description == narrow.description)
    }

    /// The bias reads queries where the projection left them, with one transposition for each of rows and columns.
    @Test func relativePositionsNeedFewTranspositions() throws {
        let graph = try Self.relativeAttention().running(.inference)
        #expect(graph.nodes.contains { $0.op is ScaledDotProductAttention })
        #expect(graph.nodes.count { $0.op is Transpose } <= 4)
    }
}
