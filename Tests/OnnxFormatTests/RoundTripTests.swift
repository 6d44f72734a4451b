import COnnxCheck
import Foundation
import Graph
import OnnxFormat
import Testing

/// Graphs that are written and read again.
@Suite struct RoundTripTests {
    static let operators: [any Operator.Type] = [
        Add.self, Mul.self, Sub.self, Div.self, Reshape.self, Expand.self, ReduceSum.self, ReduceMean.self, Relu.self, Gelu.self,
        Transpose.self, Concat.self, Slice.self, Softmax.self, LayerNormalization.self, Silu.self, Sqrt.self, Pow.self, Erf.self,
        Sigmoid.self, Cast.self, Unsqueeze.self, Squeeze.self, Gather.self,
    ]

    static func weight(_ shape: [Int], _ seed: Int) -> Tensor {
        let count = shape.reduce(1, *)
        return Tensor((0..<count).map { Float(($0 * 37 + seed * 11) % 101) / 16 - 3 }, shape: shape)
    }

    /// A graph with large and small weights, a constant, and an output that is renamed.
    static func sample() throws -> (graph: Graph, weights: [String: Tensor]) {
        var graph = Graph()
        let x = graph.input("input", TensorType(.float32, [2, 8, 64]))
        let bias = graph.parameter("encoder.bias", TensorType(.float32, [64]))
        let scale = graph.parameter("encoder.scale", TensorType(.float32, [8, 64]))
        let shift = graph.constant(Self.weight([64], 3), name: "shift")
        let scaled = try graph.apply(Mul(), x, scale, name: "scale")
        let biased = try graph.apply(Add(), scaled, bias, name: "bias")
        let active = try graph.apply(Relu(), try graph.apply(Add(), biased, shift), name: "relu")
        let turned = try graph.apply(Transpose(permutation: [0, 2, 1]), active, name: "turn")
        let flat = try graph.apply(Reshape([0, -1]), turned, name: "flat")
        let pooled = try graph.apply(ReduceSum(axes: [1], keepDimensions: true), flat, name: "pool")
        graph.output("output", pooled)
        graph.output("features", flat)
        return (graph, ["encoder.bias": Self.weight([64], 1), "encoder.scale": Self.weight([8, 64], 2)])
    }

    @Test(arguments: [13, 17, 18, 20]) func graphsComeBack(opset: Int) throws {
        let root = try TemporaryDirectory()
        let (graph, weights) = try Self.sample()
        let written = try OnnxWriter.write(
            graph: graph, opset: opset, symbolicBatch: "batch_size", metadata: ["task": "screen", "classes": "5"],
            weights: weights,
            to: root.path)
        let model = try OnnxFile.read(written.modelPath)
        #expect(model.opset == opset && model.irVersion == OnnxVersion.ir(opset: opset) && model.producerName == "dr")
        #expect(model.metadata == ["task": "screen", "classes": "5"])
        #expect(model.inputs.map(\.description) == ["input: float32[batch_size, 8, 64]"])
        #expect(model.outputs.map(\.description) == ["output: float32[batch_size, 1]", "features: float32[batch_size, 512]"])
        let again = try model.graph(binding: ["batch_size": 2], operators: Self.operators)
        let lines = graph.description.split(separator: "\n").filter { !$0.hasPrefix("parameter") }
        #expect(again.description == lines.joined(separator: "\n"))
        for (name, tensor) in weights {
            let read = try #require(again.values.first { $0.name == name }?.constant)
            #expect(read.type == tensor.type && read.array(of: Float.self) == tensor.array(of: Float.self))
        }
        let wide = try model.graph(binding: ["batch_size": 5], operators: Self.operators)
        #expect(wide.outputs.map { wide[$0.value].type.shape } == [[5, 1], [5, 512]])
    }

    @Test func layoutOfTheDataFile() throws {
        let root = try TemporaryDirectory()
        let (graph, weights) = try Self.sample()
        let written = try OnnxWriter.write(graph: graph, weights: weights, to: root.path, name: "net.onnx")
        #expect(written.dataPath == root.file("net.onnx.data"))
        #expect(written.dataByteCount == 2048)
        let data = try root.read("net.onnx.data")
        #expect(data.count == 2048)
        #expect(data == weights["encoder.scale"]?.withElements(as: Float.self) { Data(buffer: $0) })
        #expect(try root.read("net.onnx").count == written.modelByteCount)
        let model = try OnnxFile.read(written.modelPath)
        #expect(model.files.map(\.path) == ["net.onnx", "net.onnx.data"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: root.path).sorted() == ["net.onnx", "net.onnx.data"])
    }

    @Test func tensorsBeginOnPages() throws {
        let root = try TemporaryDirectory()
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [1, 300]))
        var value = x
        for index in 0..<3 {
            value = try graph.apply(
                Add(), value, graph.constant(Self.weight([300], index), name: "w\(index)"), name: "add\(index)")
        }
        graph.output("y", value)
        let written = try OnnxWriter.write(graph: graph, to: root.path)
        #expect(written.dataByteCount == 2 * 4096 + 1200)
        let again = try OnnxFile.read(written.modelPath).graph(operators: Self.operators)
        let constants = again.values.compactMap(\.constant)
        #expect(constants.map(\.byteOffset) == [0, 4096, 8192])
        for (index, tensor) in constants.enumerated() {
            #expect(tensor.array(of: Float.self) == Self.weight([300], index).array(of: Float.self))
        }
    }

    @Test func bytesAreTheSameEveryTime() throws {
        let root = try TemporaryDirectory()
        let (graph, weights) = try Self.sample()
        let metadata = Dictionary(uniqueKeysWithValues: (0..<20).map { ("key\($0)", "value\($0)") })
        let first = try OnnxWriter.write(graph: graph, metadata: metadata, weights: weights, to: root.path)
        let bytes = try root.read("model.onnx")
        let second = try OnnxWriter.write(graph: graph, metadata: metadata, weights: weights, to: root.path)
        #expect(first == second)
        #expect(try root.read("model.onnx") == bytes)
    }

    /// A byte that memory can hold of the type: the number itself where it has fewer than eight bits.
    private static func element(_ byte: UInt8, _ type: DataType) -> UInt8 {
        let spare = UInt8(max(8 - type.fileBitCount, 0))
        return type == .int4 || type == .int2
            ? UInt8(bitPattern: Int8(bitPattern: byte << spare) >> Int8(spare)) : (byte << spare) >> spare
    }

    @Test func everyElementTypeComesBack() throws {
        let root = try TemporaryDirectory()
        for count in [3, 2000] {
            var graph = Graph()
            let x = graph.input("x", TensorType(.float32, [1]))
            graph.output("y", try graph.apply(Relu(), x))
            var expected: [String: Tensor] = [:]
            for dataType in DataType.allCases {
                let tensor = Tensor(zeros: TensorType(dataType, [count]))
                for index in tensor.storage.bytes.indices {
                    let byte = UInt8(truncatingIfNeeded: dataType == .bool ? index % 2 : index * 7 + 1)
                    tensor.storage.bytes[index] = Self.element(byte, dataType)
                }
                expected[dataType.rawValue] = tensor
                graph.output(dataType.rawValue, graph.constant(tensor, name: "c.\(dataType.rawValue)"))
            }
            let model = try OnnxFile.read(try OnnxWriter.write(graph: graph, to: root.path).modelPath)
            let again = try model.graph(operators: Self.operators)
            for output in again.outputs where output.name != "y" {
                let tensor = try #require(again[output.value].constant)
                let wanted = try #require(expected[output.name])
                #expect(tensor.type == wanted.type)
                let bytes = UnsafeRawBufferPointer(start: tensor.rawPointer, count: tensor.type.byteCount)
                #expect(bytes.elementsEqual(wanted.storage.bytes), "\(output.name)")
            }
        }
    }

    @Test func loweredOperatorsKeepTheirName() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [2, 16]))
        let gelu = try graph.apply(Gelu(), x, name: "blocks.0.act")
        graph.output("y", try graph.apply(Relu(), gelu, name: "last"))
        let lowered = try graph.lowered(opset: 17)
        try lowered.verify()
        #expect(!lowered.nodes.contains { $0.op.name == "Gelu" })
        #expect(lowered.nodes.contains { $0.name == "blocks.0.act" })
        let inner = lowered.nodes.filter { $0.name.hasPrefix("blocks.0.act/") }
        #expect(inner.count >= 2)
        #expect(try graph.lowered(opset: 20).nodes.map(\.op.name) == ["Gelu", "Relu"])
    }
}
