import Foundation
import Graph
import Kernels
import TestSupport
import Testing

/// Operators of ONNX that are read as others; the standard's own cases are in `NodeSuite`.
@Suite struct CompositionTests {
    /// Reads a node and emits it for these inputs; those in `known` are constants.
    private static func emitted(
        _ type: String, _ attributes: [String: OnnxValue] = [:], _ inputs: [Tensor], known: Set<Int> = [], opset: Int = 20
    ) throws -> (graph: Graph, outputs: [Tensor]) {
        let composition = try #require(OnnxCompositionTable.all.first { $0.onnxTypes.contains(type) })
        var reader = OnnxReader(
            type: type, opset: opset, attributes: attributes, inputs: inputs.map(\.type),
            constants: inputs.enumerated().map { known.contains($0) ? $1 : nil }, outputCount: 1)
        let op = try composition.init(onnx: &reader)
        #expect(reader.unread == [])
        var graph = Graph()
        var given: [String: Tensor] = [:]
        var ids: [ValueID?] = []
        for (index, tensor) in inputs.enumerated() where !reader.consumed.contains(index) {
            ids.append(graph.input("x\(index)", tensor.type))
            given["x\(index)"] = tensor
        }
        let outputs = try op.emit(into: &graph, ids)
        for (index, id) in outputs.enumerated() { graph.output("y\(index)", id) }
        let results = try GraphEvaluator().run(graph, given)
        return (graph, try outputs.indices.map { try #require(results["y\($0)"]) })
    }

    private static func ramp(_ shape: [Int]) -> Tensor {
        let count = shape.reduce(1, *)
        return Tensor((0..<count).map { Float($0 * 7 % 11) - 4 }, shape: shape)
    }

    /// Equation, shapes, and each letter's size in order of the result's letters and then the summed ones.
    @Test(
        arguments: [
            ("bhwc,hkc->bhwk", [[2, 3, 4, 5], [3, 6, 5]], "bhwkc", 4), ("ij,jk", [[3, 4], [4, 5]], "ikj", 2),
            ("...ij,...jk->...ik", [[3, 4], [4, 5]], "ikj", 2), ("ii->i", [[4, 4]], "i", 1), ("iji->j", [[3, 2, 3]], "ji", 1),
            ("i,j->ij", [[3], [4]], "ij", 2), ("ab,bc,cd->ad", [[2, 3], [3, 4], [4, 5]], "adbc", 2), ("ba", [[2, 3]], "ab", 2),
            ("ij->", [[3, 4]], "ij", 0), ("bij,b->ji", [[2, 3, 4], [2]], "jib", 2),
        ] as [(String, [[Int]], String, Int)])
    func einsumIsTheSum(_ equation: String, _ shapes: [[Int]], _ order: String, _ kept: Int) throws {
        let inputs = shapes.map { Self.ramp($0) }
        let terms = equation.replacing("...", with: "").split(separator: "->")[0].split(separator: ",").map { Array($0) }
        var sizes: [Character: Int] = [:]
        for (letters, shape) in zip(terms, shapes) { for (letter, size) in zip(letters, shape) { sizes[letter] = size } }
        let letters = Array(order)
        let ranges = letters.map { sizes[$0] ?? 1 }
        var expected = [Double](repeating: 0, count: ranges.prefix(kept).reduce(1, *))
        let inner = ranges.dropFirst(kept).reduce(1, *)
        for step in 0..<ranges.reduce(1, *) {
            var place: [Character: Int] = [:]
            var rest = step
            for index in letters.indices.reversed() {
                place[letters[index]] = rest % ranges[index]
                rest /= ranges[index]
            }
            var product = 1.0
            for (tensor, term) in zip(inputs, terms) {
                product *= tensor.doubles[zip(term, tensor.shape).reduce(0) { $0 * $1.1 + (place[$1.0] ?? 0) }]
            }
            expected[step / inner] += product
        }
        let result = try Self.emitted("Einsum", ["equation": .string(equation)], inputs)
        #expect(result.outputs[0].doubles == expected)
        #expect(result.outputs[0].shape == Array(ranges.prefix(kept)))
    }

    @Test func einsumReachesTheMatrixProduct() throws {
        let result = try Self.emitted(
            "Einsum", ["equation": .string("bhwc,hkc->bhwk")], [Self.ramp([2, 3, 4, 5]), Self.ramp([3, 6, 5])])
        #expect(result.graph.nodes.count { $0.op is MatMul } == 1)
        #expect(!result.graph.nodes.contains { $0.op is Mul })
    }

    @Test func equationsAreChecked() {
        for equation in ["ij->k", "ij->ii", "ijk", "i j,", "i1", "ij->i->j", "....ij", ""] {
            #expect(throws: GraphError.self) {
                try Self.emitted("Einsum", ["equation": .string(equation)], [Self.ramp([2, 3])])
            }
        }
    }

    /// Before opset 13 all axes from the one that is named on are one.
    @Test(arguments: [-3, -2, -1, 0, 1, 2, nil]) func oldSoftmaxTakesAxesTogether(axis: Int?) throws {
        let x = Self.ramp([2, 3, 4])
        let values = x.doubles
        for type in ["Softmax", "LogSoftmax"] {
            let attributes = axis.map { ["axis": OnnxValue.int($0)] } ?? [:]
            let place = axis ?? 1
            let length = x.shape[(place < 0 ? place + 3 : place)...].reduce(1, *)
            var expected: [Double] = []
            for start in stride(from: 0, to: values.count, by: length) {
                let powers = values[start..<start + length].map { Foundation.exp($0) }
                let sum = powers.reduce(0, +)
                expected += powers.map { type == "Softmax" ? $0 / sum : Foundation.log($0 / sum) }
            }
            let result = try Self.emitted(type, attributes, [x], opset: 11)
            #expect(result.outputs[0].shape == x.shape)
            #expect(Tolerance.float32.mismatch(result.outputs[0].doubles, expected, "\(type) \(place)") == nil)
        }
    }

    @Test func softmaxTakesOneAxisSinceOpset13() throws {
        let result = try Self.emitted("Softmax", ["axis": .int(1)], [Self.ramp([2, 3, 4])], opset: 13)
        #expect(result.graph.nodes.map(\.op.name) == ["Softmax"])
        #expect(throws: GraphError.self) { try Self.emitted("Softmax", ["axis": .int(4)], [Self.ramp([2, 3])], opset: 11) }
    }

    @Test func infinitePeaksStay() throws {
        let x = Tensor([-.infinity, -.infinity, 1000, 1000, .infinity, 0], shape: [3, 2])
        let y = try Self.emitted("ReduceLogSumExp", ["axes": .ints([1]), "keepdims": .int(0)], [x]).outputs[0].doubles
        #expect(y[0] == -.infinity && abs(y[1] - 1000.6931) < 0.001 && y[2] == .infinity)
    }

    @Test func rangesAreExact() throws {
        func range(_ start: Int64, _ limit: Int64, _ delta: Int64) throws -> [Int64] {
            let bounds = [start, limit, delta].map { Tensor([$0], shape: []) }
            return try Self.emitted("Range", bounds, known: [0, 1, 2]).outputs[0].array(of: Int64.self)
        }
        #expect(try range(10, 4, -2) == [10, 8, 6])
        #expect(try range(.min, .max, .max) == [.min, -1, .max - 1])
        #expect(try range(3, 3, 1) == [])
        #expect(throws: GraphError.self) { try range(0, .max, 1) }
        #expect(throws: GraphError.self) { try range(0, 5, 0) }
    }

    private static func emitted(
        _ type: String, _ inputs: [Tensor], known: Set<Int>
    ) throws -> (graph: Graph, outputs: [Tensor]) {
        try self.emitted(type, [:], inputs, known: known)
    }
}
