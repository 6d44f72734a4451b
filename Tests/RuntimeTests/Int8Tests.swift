import Checkpoints
import Foundation
import Graph
import Kernels
import Runtime
import TestSupport
import Testing

/// Models whose file quantises values to bytes: the passes that find products of bytes, and ONNX Runtime's numbers.
@Suite struct Int8Tests {
    private static let passes: [Pass] = [
        .shareCommon, .spellOutQuantized, .channelsLast, .moveBytes, .splitProducts, .moveBytes, .computeInInt8, .roundToBytes,
        .withoutDeadNodes,
    ]

    // MARK: Files

    struct Model: Decodable, Sendable, CustomStringConvertible {
        let model: String
        let tensors: String
        /// How far ONNX Runtime's outputs with and without its own passes are apart, as a share of the largest.
        let optimizedApart: Double

        var description: String { self.model }
    }

    private struct List: Decodable {
        let models: [Model]
    }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Golden/quantized")

    static let models: [Model] = {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let list = folder.appendingPathComponent("models.json")
        return (try? decoder.decode(List.self, from: Data(contentsOf: list)))?.models ?? []
    }()

    private static func files(_ model: Model) throws -> (session: Session, golden: [String: Tensor]) {
        let session = try Session(path: self.folder.appendingPathComponent(model.model).path, threads: 2)
        return (session, try Safetensors.read(self.folder.appendingPathComponent(model.tensors).path).tensors)
    }

    @Test func theListIsThere() {
        #expect(
            Self.models.map(\.model) == [
                "resnet_qdq.onnx", "resnet_qoperator.onnx", "vit_qoperator.onnx", "maps_qdq.onnx", "vit_qdq.onnx",
                "perceptron_dynamic.onnx", "convolutional_dynamic.onnx",
            ])
    }

    /// As the file says, node by node: nearly all results are equal, and none is two steps of 8 bits away. (ONNX Runtime's own
    /// passes change the transformer's results by up to 4.)
    @Test(arguments: models) func outputsAreThoseOfOnnxRuntime(_ model: Model) async throws {
        let (session, golden) = try Self.files(model)
        let outputs = try await session.run(["input": try #require(golden["input.input"])])
        let actual = try #require(outputs["output"]).doubles
        let expected = try #require(golden["plain.output"]).doubles
        #expect(actual.count == expected.count)
        let largest = expected.map(abs).max() ?? 0
        let apart = zip(actual, expected).map { abs($0 - $1) / largest }
        #expect(apart.allSatisfy { $0 < 2.0 / 127 })
        #expect(apart.count { $0 < 1e-5 } * 10 >= apart.count * 9)
    }

    /// What is computed, in order, without what only changes shapes.
    @Test func convolutionsPassBytesOn() throws {
        let operations = try Self.operations("maps_qdq.onnx")
        #expect(
            operations == ["QuantizeLinear", "Transpose", "QuantizedConv", "MaxPool"]
                + [String](repeating: "QuantizedConv", count: 7) + ["Transpose", "DequantizeLinear"])
    }

    @Test func onlyTheHeadOfAResidualNetworkLeavesBytes() throws {
        let operations = try Self.operations("resnet_qdq.onnx")
        #expect(
            operations == ["QuantizeLinear", "Transpose", "QuantizedConv", "MaxPool"]
                + [String](repeating: "QuantizedConv", count: 10)
                + ["DequantizeLinear", "GlobalAveragePool", "QuantizeLinear", "QuantizedMatMul"])
    }

    /// The number of products that the file quantises.
    @Test(arguments: [("resnet_qoperator.onnx", 11), ("vit_qoperator.onnx", 2), ("vit_qdq.onnx", 14)])
    func everyProductIsOfBytes(_ name: String, _ count: Int) throws {
        let operations = try Self.operations(name)
        #expect(operations.count { $0.hasPrefix("Quantized") } == count)
        #expect(!operations.contains { $0.hasPrefix("QLinear") || $0 == "Conv" || $0 == "MatMul" })
    }

    /// What is quantised as it runs is multiplied as bytes too, with bias and activation behind the sums.
    @Test func dynamicProductsAreOfBytes() throws {
        let steps = ["DynamicQuantizeLinear", "Mul"]
        #expect(
            try Self.operations("perceptron_dynamic.onnx") == steps + ["QuantizedMatMul"] + steps + ["QuantizedMatMul"])
        let operations = try Self.operations("convolutional_dynamic.onnx")
        #expect(
            operations.filter { $0 != "Mul" && $0 != "Transpose" && $0 != "Reshape" } == [
                "DynamicQuantizeLinear", "QuantizedConv", "MaxPool", "DynamicQuantizeLinear", "QuantizedConv",
                "DynamicQuantizeLinear", "QuantizedConv", "GlobalAveragePool", "DynamicQuantizeLinear", "QuantizedMatMul",
            ])
        #expect(operations.count { $0 == "Mul" } == 4 && operations.count { $0 == "Transpose" } == 1)
    }

    private static func operations(_ name: String) throws -> [String] {
        let model = try #require(self.models.first { $0.model == name })
        let (session, golden) = try self.files(model)
        return try session.report(["input": try #require(golden["input.input"])]).nodes.map(\.operation)
    }

    // MARK: Graphs

    /// The operators after the passes; throws when a result is more than a step away from what the references compute.
    private func operators(_ graph: Graph, step: Float = 0.05) throws -> [String] {
        var random = SeededRandom(seed: 9)
        var bindings: [String: Tensor] = [:]
        for id in graph.inputs { bindings[graph[id].name] = random.tensor(graph[id].type, in: -3...3) }
        let changed = try graph.running(Self.passes)
        let before = try GraphEvaluator(implementation: "reference").run(graph, bindings)
        for evaluator in [GraphEvaluator(), GraphEvaluator(implementation: "reference")] {
            let after = try evaluator.run(changed, bindings)
            for (name, tensor) in before {
                let other = try #require(after[name])
                #expect(other.type == tensor.type)
                let pairs = Array(zip(other.doubles, tensor.doubles))
                #expect(pairs.allSatisfy { abs($0 - $1) < Double(step) * 1.01 }, "\(name)")
                #expect(pairs.count { abs($0 - $1) < 1e-4 } * 50 >= pairs.count * 49, "\(name)")
            }
        }
        return changed.nodes.map(\.op.name)
    }

    private func weights(_ graph: inout Graph, _ shape: [Int], axis: Int, zeros: [Int]? = nil) throws -> ValueID {
        let tensor = Tensor(zeros: TensorType(.int8, shape))
        for index in 0..<tensor.type.elementCount {
            ElementAccess(.int8).store(integer: Int64(index * 53 % 255 - 127), tensor.rawPointer, index)
        }
        let count = shape[axis]
        let scales = Tensor((0..<count).map { 0.001 + 0.0002 * Float($0 % 5) }, shape: [count])
        let zero = Tensor(zeros: TensorType(.int8, [count]))
        for (index, number) in (zeros ?? []).enumerated() {
            ElementAccess(.int8).store(integer: Int64(number), zero.rawPointer, index)
        }
        return try graph.apply(
            DequantizeLinear(grid: QuantizationGrid(axis: axis)), graph.constant(tensor), graph.constant(scales),
            graph.constant(zero))
    }

    private func bias(_ graph: inout Graph, _ count: Int) throws -> ValueID {
        let tensor = Tensor(zeros: TensorType(.int32, [count]))
        for index in 0..<count { ElementAccess(.int32).store(integer: Int64(index * 91 % 400), tensor.rawPointer, index) }
        let scales = graph.constant(Tensor([Float](repeating: 0.002, count: count), shape: [count]))
        return try graph.apply(DequantizeLinear(grid: QuantizationGrid(axis: 0)), graph.constant(tensor), scales)
    }

    private func rounded(_ graph: inout Graph, _ x: ValueID, _ scale: Float, _ zero: Int) throws -> ValueID {
        let bytes = try #require(ByteScale(scale: scale, zero: zero, type: .uint8))
        return try graph.dequantized(try graph.quantized(x, bytes), bytes)
    }

    /// Two convolutions, the second with a residual of other bytes, a maximum under a window between them.
    @Test func aResidualBlock() throws {
        var graph = Graph()
        let x = try self.rounded(&graph, graph.input("x", TensorType(.float32, [2, 6, 8, 7])), 0.03, 100)
        let window = Window(padding: 1)
        var y = try graph.apply(
            Conv(window: window), x, try self.weights(&graph, [12, 6, 3, 3], axis: 0), try self.bias(&graph, 12))
        y = try self.rounded(&graph, try graph.apply(Relu(), y), 0.02, 0)
        y = try graph.apply(MaxPool(kernel: [3, 3], window: window), y)
        y = try self.rounded(&graph, y, 0.02, 0)
        y = try graph.apply(Conv(window: window), y, try self.weights(&graph, [6, 12, 3, 3], axis: 0))
        y = try graph.apply(Relu(), try graph.apply(Add(), try self.rounded(&graph, y, 0.04, 90), x))
        graph.output("y", try self.rounded(&graph, y, 0.05, 0))
        #expect(
            try self.operators(graph) == [
                "QuantizeLinear", "Transpose", "QuantizedConv", "MaxPool", "QuantizedConv", "Transpose", "DequantizeLinear",
            ])
    }

    /// A product with its bias behind the file's rounding, an activation and a residual, read as numbers and as bytes.
    @Test func aValueThatOthersReadStaysANumber() throws {
        var graph = Graph()
        let input = graph.input("x", TensorType(.float32, [2, 9, 16]))
        let x = try self.rounded(&graph, input, 0.03, 100)
        var y = try graph.apply(MatMul(), x, try self.weights(&graph, [16, 16], axis: 1))
        var random = SeededRandom(seed: 4)
        let bias = graph.constant(random.tensor(TensorType(.float32, [16]), in: -1...1))
        y = try graph.apply(Gelu(), try graph.apply(Add(), bias, try self.rounded(&graph, y, 0.04, 90)))
        y = try graph.apply(Add(), y, input)
        graph.output("sum", y)
        let last = try graph.apply(MatMul(), try self.rounded(&graph, y, 0.05, 120), try self.weights(&graph, [16, 5], axis: 1))
        graph.output("y", try self.rounded(&graph, last, 0.05, 120))
        #expect(
            try self.operators(graph) == ["QuantizeLinear", "QuantizedMatMul", "QuantizeLinear", "QuantizedMatMul"])
    }

    /// Weights that are transposed as numbers or as bytes, a factor, and both operands computed.
    @Test func matrices() throws {
        var graph = Graph()
        let x = try self.rounded(&graph, graph.input("x", TensorType(.float32, [3, 9, 16])), 0.03, 100)
        let w = try graph.apply(Transpose(permutation: [1, 0]), try self.weights(&graph, [16, 16], axis: 0))
        let y = try self.rounded(&graph, try graph.apply(MatMul(), x, w), 0.05, 120)
        let keys = try self.rounded(&graph, try graph.apply(Transpose(permutation: [0, 2, 1]), y), 0.05, 120)
        graph.output("y", try self.rounded(&graph, try graph.apply(MatMul(), x, keys), 0.5, 120))
        let flat = try graph.apply(Reshape([27, 16]), x)
        let product = try graph.apply(
            Gemm(alpha: 0.5, transB: true), flat, try self.weights(&graph, [7, 16], axis: 0), try self.bias(&graph, 7))
        graph.output("z", product)
        let changed = try graph.running(Self.passes).description
        #expect(try self.operators(graph, step: 0.5).filter { $0 == "QuantizedMatMul" }.count == 3)
        #expect(changed.split(separator: "\n").count { $0.contains("transposeB: true") } == 3)
    }

    /// The same bytes come out as went in: nothing is computed but the movement.
    @Test func movementsOfBytes() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [4, 6, 5]))
        let bytes = try self.rounded(&graph, x, 0.03, 100)
        let moved = try graph.apply(Reshape([5, 24]), try graph.apply(Transpose(permutation: [2, 0, 1]), bytes))
        graph.output("same", try self.rounded(&graph, moved, 0.03, 100))
        #expect(try self.operators(graph) == ["QuantizeLinear", "Transpose", "Reshape", "DequantizeLinear"])
        graph.output("other", try self.rounded(&graph, moved, 0.07, 100))
        #expect(
            try self.operators(graph).filter { $0 != "Reshape" && $0 != "Transpose" } == [
                "QuantizeLinear", "DequantizeLinear", "DequantizeLinear", "RoundToBytes",
            ])
    }

    /// What is quantised behind a movement is quantised before it, with the factor between them.
    @Test func quantisationComesFirst() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [4, 6, 5]))
        let factor = graph.constant(Tensor([Float(0.7)], shape: [1]))
        let y = try graph.apply(Mul(), try graph.apply(Transpose(permutation: [2, 0, 1]), x), factor)
        let bytes = try #require(ByteScale(scale: 0.02, zero: 128, type: .uint8))
        graph.output("y", try graph.quantized(y, bytes))
        let operators = try graph.running(Self.passes).nodes.map(\.op.name)
        #expect(operators == ["Mul", "QuantizeLinear", "Transpose"])
    }

    /// A projection to queries, keys and values, each rounded to bytes of its own behind a factor and a transposition.
    @Test func aFusedProjectionIsSplit() throws {
        var graph = Graph()
        let x = try self.rounded(&graph, graph.input("x", TensorType(.float32, [2, 9, 16])), 0.03, 100)
        var random = SeededRandom(seed: 4)
        let bias = graph.constant(random.tensor(TensorType(.float32, [24]), in: -1...1))
        let product = try graph.apply(MatMul(), x, try self.weights(&graph, [16, 24], axis: 1))
        let sum = try graph.apply(Add(), try self.rounded(&graph, product, 0.04, 90), bias)
        let parts = try graph.append(Split(axis: 2, sizes: [1, 1, 1]), [try graph.apply(Reshape([2, 9, 3, 2, 4]), sum)])
        let factor = graph.constant(Tensor([Float(0.5)], shape: [1]))
        var operands: [ValueID] = []
        for (index, part) in parts.enumerated() {
            let squeezed = try graph.apply(Squeeze(axes: [2]), part)
            let moved = try graph.apply(Transpose(permutation: index == 1 ? [0, 2, 3, 1] : [0, 2, 1, 3]), squeezed)
            let scaled = index < 2 ? try graph.apply(Mul(), moved, factor) : moved
            operands.append(try self.rounded(&graph, scaled, 0.03 + 0.01 * Float(index), 120))
        }
        let scores = try self.rounded(&graph, try graph.apply(MatMul(), operands[0], operands[1]), 0.05, 120)
        graph.output("y", try graph.apply(MatMul(), try self.rounded(&graph, scores, 0.05, 120), operands[2]))
        let operators = try self.operators(graph, step: 1)
        #expect(operators.count { $0 == "QuantizedMatMul" } == 5)
        #expect(!operators.contains { ["Split", "Mul", "DequantizeLinear", "RoundToBytes"].contains($0) })
        #expect(operators.count { $0 == "QuantizeLinear" } == 1)
    }

    /// Reshapes between rows of pictures and rows of a matrix, as exporters write them around Gemm, do not end what is fused.
    @Test func reshapesArePassedOver() throws {
        var graph = Graph()
        let input = graph.input("x", TensorType(.float32, [2, 9, 16]))
        let x = try graph.apply(Reshape([18, 16]), try self.rounded(&graph, input, 0.03, 100))
        var y = try graph.apply(Gemm(), x, try self.weights(&graph, [16, 16], axis: 1), try self.bias(&graph, 16))
        y = try graph.apply(Reshape([2, 9, 16]), try self.rounded(&graph, y, 0.04, 90))
        graph.output("y", try graph.apply(Add(), try graph.apply(Gelu(), y), input))
        let operators = try self.operators(graph)
        #expect(operators.filter { $0 != "Reshape" } == ["QuantizeLinear", "QuantizedMatMul"])
    }

    /// A scale and a zero point that are computed are multiplied with the weights' scales when the plan runs; a movement between
    /// them and the product moves bytes.
    @Test func scalesMayBeComputed() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [3, 9, 16]))
        let parts = try graph.append(DynamicQuantizeLinear(), [x])
        let numbers = try graph.apply(DequantizeLinear(), parts[0], parts[1], parts[2])
        let rows = try graph.apply(Reshape([27, 16]), numbers)
        let product = try graph.apply(MatMul(), rows, try self.weights(&graph, [16, 7], axis: 1))
        let bias = graph.constant(Tensor((0..<7).map { Float($0) - 3 }, shape: [7]))
        graph.output("y", try graph.apply(Relu(), try graph.apply(Add(), product, bias)))
        #expect(
            try self.operators(graph).filter { $0 != "Reshape" } == [
                "DynamicQuantizeLinear", "Mul", "QuantizedMatMul",
            ])
    }

    /// Integer products behind which nothing says what their sums are worth, and weights that are no constants, stay.
    @Test func sumsOfIntegersStay() throws {
        var graph = Graph()
        let parts = try graph.append(DynamicQuantizeLinear(), [graph.input("x", TensorType(.float32, [9, 16]))])
        let right = try graph.append(DynamicQuantizeLinear(), [graph.input("w", TensorType(.float32, [16, 4]))])
        let sums = try graph.append(MatMulInteger(), [parts[0], right[0], parts[2], right[2]])[0]
        let steps = try graph.apply(Mul(), parts[1], right[1])
        graph.output("y", try graph.apply(Mul(), try graph.apply(Cast(to: .float32), sums), steps))
        let w = Tensor(zeros: TensorType(.int8, [16, 4]))
        graph.output("sums", try graph.append(MatMulInteger(), [parts[0], graph.constant(w), parts[2]])[0])
        #expect(try graph.running(Self.passes).nodes.count { $0.op is MatMulInteger } == 2)
    }

    /// Zero points that differ from column to column, a scale for each row, and sums that could leave int32 keep the float
    /// product.
    @Test func whatDoesNotFitStays() throws {
        var graph = Graph()
        let x = try self.rounded(&graph, graph.input("x", TensorType(.float32, [9, 4])), 0.03, 100)
        graph.output("y", try graph.apply(MatMul(), x, try self.weights(&graph, [4, 3], axis: 1, zeros: [0, 1, 0])))
        let scale = graph.input("scale", TensorType(.float32, [9]))
        let grid = QuantizationGrid(axis: 0)
        let bytes = try graph.apply(QuantizeLinear(to: .uint8, grid: grid), x, scale)
        let product = try graph.apply(
            MatMul(), try graph.apply(DequantizeLinear(grid: grid), bytes, scale), try self.weights(&graph, [4, 3], axis: 1))
        graph.output("z", product)
        let long = try self.rounded(&graph, graph.input("long", TensorType(.float32, [1, 32_769])), 0.03, 100)
        graph.output("sum", try graph.apply(MatMul(), long, try self.weights(&graph, [32_769, 1], axis: 1)))
        #expect(!(try graph.running(Self.passes).nodes.contains { $0.op is QuantizedMatMul }))
    }
}
