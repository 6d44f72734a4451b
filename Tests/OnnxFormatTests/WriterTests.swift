import COnnxCheck
import Foundation
import Graph
import OnnxFormat
import Testing

/// What the writer refuses, names of outputs, and libonnx's opinion of what it writes.
@Suite struct WriterTests {
    /// libonnx's answer for a file.
    static func check(_ path: String) -> (status: oc_status, message: String) {
        var message = [CChar](repeating: 0, count: 2048)
        let status = oc_check_model(path, &message, message.count)
        return (status, String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    @Test(arguments: [13, 15, 17]) func libonnxAccepts(opset: Int) throws {
        let root = try TemporaryDirectory()
        let (graph, weights) = try RoundTripTests.sample()
        for batch in [nil, "batch_size"] {
            let written = try OnnxWriter.write(graph: graph, opset: opset, symbolicBatch: batch, weights: weights, to: root.path)
            let answer = Self.check(written.modelPath)
            #expect(answer.status == OC_VALID, "\(answer.message)")
        }
    }

    @Test func libonnxRefuses() throws {
        let root = try MaliciousTests.makeRoot()
        #expect(oc_newest_opset() >= 17)
        #expect(Self.check(root.file("inside/valid.onnx")).status == OC_VALID)
        for name in ["unsorted", "duplicate_output", "wrong_rank", "missing", "too_few_inputs"] {
            let answer = Self.check(root.file("inside/\(name).onnx"))
            #expect(answer.status == OC_INVALID && !answer.message.isEmpty, "\(name)")
        }
        #expect(Self.check(root.file("inside/text.onnx")).status == OC_UNREADABLE)
        #expect(Self.check(root.file("inside/absent.onnx")).status == OC_UNREADABLE)
        let (graph, weights) = try RoundTripTests.sample()
        let newer = try OnnxWriter.write(graph: graph, opset: 20, weights: weights, to: root.path)
        #expect(oc_newest_opset() >= 20 || Self.check(newer.modelPath).status == OC_TOO_NEW)
    }

    @Test func outputsCarryTheirNames() throws {
        let root = try TemporaryDirectory()
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [1, 4]))
        // Its value is called "y", and so is an output with another value.
        let first = try graph.apply(Relu(), x, name: "y")
        let second = try graph.apply(Add(), first, x, name: "sum")
        graph.output("y", second)
        graph.output("again", second)
        graph.output("same", x)
        graph.output("weights", graph.constant(RoundTripTests.weight([4], 1), name: "w"))
        graph.output("x", x)
        let written = try OnnxWriter.write(graph: graph, to: root.path)
        let answer = Self.check(written.modelPath)
        #expect(answer.status == OC_VALID, "\(answer.message)")
        let model = try OnnxFile.read(written.modelPath)
        #expect(model.outputs.map(\.name) == ["y", "again", "same", "weights", "x"])
        let again = try model.graph(operators: RoundTripTests.operators)
        #expect(
            again.description == """
                input x: float32[1, 4]
                y: float32[1, 4] = Relu(x)
                sum: float32[1, 4] = Add(y, x)
                output y = sum
                output again = sum
                output same = x
                output weights = w
                output x = x
                """)
    }

    @Test func whatIsRefused() throws {
        let root = try TemporaryDirectory()
        let (graph, weights) = try RoundTripTests.sample()
        func code(
            _ graph: Graph, opset: Int = 17, batch: String? = nil, weights: [String: Tensor], name: String = "m.onnx"
        ) -> OnnxError.Code? {
            do throws(OnnxError) {
                _ = try OnnxWriter.write(
                    graph: graph, opset: opset, symbolicBatch: batch, weights: weights, to: root.path, name: name)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code(graph, weights: [:]) == .notExportable)
        #expect(code(graph, weights: weights.mapValues { _ in RoundTripTests.weight([3], 0) }) == .notExportable)
        #expect(code(graph, opset: 12, weights: weights) == .unsupportedOpset)
        #expect(code(graph, opset: 26, weights: weights) == .unsupportedOpset)
        for name in ["", ".", "..", "../m.onnx", "a/m.onnx"] {
            #expect(code(graph, weights: weights, name: name) == .cannotWrite)
        }
        var fixed = Graph()
        let x = fixed.input("x", TensorType(.float32, [2, 4]))
        fixed.output("y", try fixed.apply(Reshape([2, 2, 2]), x, name: "split"))
        #expect(code(fixed, weights: [:]) == nil)
        #expect(code(fixed, batch: "n", weights: [:]) == .notExportable)
        var pooled = Graph()
        let z = pooled.input("x", TensorType(.float32, [2, 4]))
        pooled.output("y", try pooled.apply(ReduceSum(axes: [0], keepDimensions: false), z))
        #expect(code(pooled, batch: "n", weights: [:]) == .notExportable)
        #expect(try FileManager.default.contentsOfDirectory(atPath: root.path) == ["m.onnx"])
    }

    @Test func linksAreReplacedNotFollowed() throws {
        let root = try TemporaryDirectory()
        let (graph, weights) = try RoundTripTests.sample()
        try root.write(Data("keep".utf8), "victim")
        for name in ["model.onnx", "model.onnx.data"] {
            try FileManager.default.createSymbolicLink(atPath: root.file(name), withDestinationPath: "victim")
        }
        let written = try OnnxWriter.write(graph: graph, weights: weights, to: root.path)
        #expect(try root.read("victim") == Data("keep".utf8))
        #expect(try OnnxFile.read(written.modelPath).files.count == 2)
    }

    @Test func aMissingDirectoryIsAnError() throws {
        let (graph, weights) = try RoundTripTests.sample()
        let root = try TemporaryDirectory()
        let error = #expect(throws: OnnxError.self) {
            try OnnxWriter.write(graph: graph, weights: weights, to: root.file("absent"))
        }
        #expect(error?.code == .cannotWrite)
    }
}
