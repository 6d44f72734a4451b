import Foundation
import Graph
import TestSupport
import Testing

/// `Resize` and `Upsample` along axes other than the spatial ones.
@Suite struct ResizeAxesTests {
    /// What ONNX's reference evaluator computed; its input is the value generator's stream of the name.
    struct Golden: Decodable, Sendable, CustomStringConvertible {
        let name: String
        let opset: Int
        let shape: [Int]
        let scales: [Float]?
        let sizes: [Int64]?
        let roi: [Float]?
        let axes: [Int]?
        let texts: [String: String]
        let integers: [String: Int]
        let yShape: [Int]
        let y: [Double]

        var description: String { self.name }
    }

    private struct List: Decodable {
        let cases: [Golden]
    }

    static let cases: [Golden] = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Golden/resize/axes.json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return (try? decoder.decode(List.self, from: Data(contentsOf: file)))?.cases ?? []
    }()

    /// Reads a node and runs it.
    private static func run(
        _ type: String, _ attributes: [String: OnnxValue], _ x: Tensor, _ constants: [Tensor?], opset: Int
    ) throws -> Tensor {
        var reader = OnnxReader(
            type: type, opset: opset, attributes: attributes, inputs: [x.type] + constants.map { $0?.type },
            constants: [nil] + constants, outputCount: 1)
        let node = try #require(OnnxCompositionTable.all.first { $0.onnxTypes == [type] }).init(onnx: &reader)
        #expect(reader.unread == [])
        var graph = Graph()
        graph.output("y", try node.emit(into: &graph, [graph.input("x", x.type)])[0])
        return try #require(try GraphEvaluator().run(graph, ["x": x])["y"])
    }

    @Test func thereAreCases() {
        #expect(Self.cases.count == 13)
    }

    @Test(arguments: cases) func numbersAreTheReferenceEvaluators(_ golden: Golden) throws {
        var attributes = golden.texts.mapValues { OnnxValue.string($0) }
        attributes.merge(golden.integers.mapValues { .int($0) }) { $1 }
        if let axes = golden.axes { attributes["axes"] = .ints(axes) }
        func floats(_ numbers: [Float]?) -> Tensor? { numbers.map { Tensor($0, shape: [$0.count]) } }
        let sizes = golden.sizes.map { Tensor($0, shape: [$0.count]) }
        let x = GoldenGenerator.uniform("resize_axes.\(golden.name)", shape: golden.shape, scale: 2)
        let y = try Self.run("Resize", attributes, x, [floats(golden.roi), floats(golden.scales), sizes], opset: golden.opset)
        #expect(y.shape == golden.yShape)
        #expect(Tolerance(absolute: 2e-6, relative: 1e-5).mismatch(y.doubles, golden.y, golden.name) == nil)
    }

    /// Nothing changes, and what holds one element in all.
    @Test func allAxesMayStay() throws {
        let x = GoldenGenerator.uniform("stays", shape: [2, 3], scale: 1)
        let same = try Self.run("Resize", ["mode": .string("linear")], x, [nil, Tensor([Float(1), 1], shape: [2])], opset: 19)
        #expect(same.doubles == x.doubles)
    }

    @Test func theOlderFormTakesAnyAxis() throws {
        let x = Tensor([Float(1), 2, 3, 4], shape: [2, 2])
        let y = try Self.run("Upsample", [:], x, [Tensor([Float(1), 2], shape: [2])], opset: 9)
        #expect(y.shape == [2, 4] && y.doubles == [1, 1, 2, 2, 3, 3, 4, 4])
        let z = try Self.run("Resize", [:], x, [Tensor([Float(2), 1], shape: [2])], opset: 10)
        #expect(z.doubles == [1, 2, 1, 2, 3, 4, 3, 4])
    }
}
