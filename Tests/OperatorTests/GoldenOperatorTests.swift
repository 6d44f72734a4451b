import Foundation
import Graph
import Kernels
import TestSupport
import Testing
import TrainingKernels

/// Every golden case of a standard operator: read as OnnxFormat reads a node, run by the reference and by the best kernels,
/// and differentiated, against PyTorch in float64.
@Suite struct GoldenOperatorTests {
    /// Losses are built by the trainer and never read from a file; their own tests compare them.
    private static let notRead: Set<String> = ["SoftmaxCrossEntropyLoss"]

    private static let operators: [String: any OnnxOperator.Type] = {
        var result: [String: any OnnxOperator.Type] = [:]
        for type in OperatorTable.all {
            guard let type = type as? any OnnxOperator.Type else { continue }
            for name in type.onnxTypes { result[name] = type }
        }
        return result
    }()

    /// What is read as others, of which these cases need one.
    private static let composed: Set<String> = ["Resize"]

    static let cases: [OnnxGolden] =
        (try? OnnxGolden.load())?
        .filter { (operators[$0.operation] != nil || composed.contains($0.operation)) && !$0.isTraining } ?? []

    @Test func everyGoldenIsCovered() throws {
        let all = try OnnxGolden.load()
        #expect(all.count > 100)
        let missing = Set(all.map(\.operation)).subtracting(Self.operators.keys).subtracting(Self.composed)
        #expect(missing.subtracting(Self.notRead) == [])
    }

    @Test(arguments: cases) func outputsMatch(_ golden: OnnxGolden) throws {
        let (op, used) = try Self.read(golden)
        let inputs = used.map { $0.flatMap { golden.inputs[$0].tensor } }
        for implementation in ["reference", nil] {
            let outputs = try GraphEvaluator(implementation: implementation).run(op, inputs)
            #expect(outputs.count >= golden.outputs.count)
            for (index, pair) in zip(outputs, golden.outputs).enumerated() {
                #expect(pair.0.shape == pair.1.tensor.shape)
                let what = "\(golden), \(implementation ?? "best"), output \(index)"
                #expect(Tolerance.golden.mismatch(pair.0.doubles, pair.1.tensor.doubles, what) == nil)
            }
        }
    }

    /// The gradients of the sum over outputs of `<upstream, output>`.
    @Test(arguments: cases.filter(\.hasGradients)) func gradientsMatch(_ golden: OnnxGolden) throws {
        let (op, used) = try Self.read(golden)
        var graph = Graph()
        var bindings: [String: Tensor] = [:]
        var ids: [Int: ValueID] = [:]
        let inputs = used.map { place -> ValueID? in
            guard let place, let tensor = golden.inputs[place].tensor else { return nil }
            let id = graph.parameter("x\(place)", tensor.type)
            bindings["x\(place)"] = tensor
            ids[place] = id
            return id
        }
        let outputs = try graph.append(op, inputs)
        var loss: ValueID?
        for (output, expected) in zip(outputs, golden.outputs) {
            guard let upstream = expected.upstream else { continue }
            let product = try graph.apply(Mul(), output, graph.constant(upstream))
            let term = try graph.apply(ReduceSum(axes: [], keepDimensions: false), product)
            loss = if let sum = loss { try graph.apply(Add(), sum, term) } else { term }
        }
        let wanted = ids.filter { golden.inputs[$0.key].gradient != nil }
        let result = try graph.differentiated(try #require(loss), withRespectTo: Set(wanted.values))
        var full = result.graph
        for (place, id) in wanted { full.output("d\(place)", try #require(result.gradients[id])) }
        let gradients = try GraphEvaluator().run(full, bindings)
        for place in wanted.keys.sorted() {
            let expected = try #require(golden.inputs[place].gradient)
            let actual = try #require(gradients["d\(place)"])
            #expect(Tolerance.golden.mismatch(actual.doubles, expected.doubles, "\(golden), gradient of \(place)") == nil)
        }
    }

    /// The operator, and for each of its inputs the index of the golden input that it takes.
    private static func read(_ golden: OnnxGolden) throws -> (op: any Operator, inputs: [Int?]) {
        var reader = OnnxReader(
            type: golden.operation, opset: golden.opset, attributes: golden.attributes,
            inputs: golden.inputs.map { $0.tensor?.type },
            constants: golden.inputs.map { $0.gradient == nil ? $0.tensor : nil }, outputCount: golden.outputs.count)
        let op = try Self.operators[golden.operation]?.init(onnx: &reader) ?? Self.onlyNode(golden, &reader)
        #expect(reader.unread == [], "\(golden): attributes that nobody read")
        var inputs: [Int?] = golden.inputs.indices.filter { !reader.consumed.contains($0) }
            .map { golden.inputs[$0].tensor == nil ? nil : $0 }
        while let last = inputs.last, last == nil { inputs.removeLast() }
        return (op, inputs)
    }

    /// The operator that a composition of one comes to.
    private static func onlyNode(_ golden: OnnxGolden, _ reader: inout OnnxReader) throws -> any Operator {
        let type = try #require(OnnxCompositionTable.all.first { $0.onnxTypes.contains(golden.operation) })
        let composition = try type.init(onnx: &reader)
        var graph = Graph()
        let places = golden.inputs.indices.filter { !reader.consumed.contains($0) }
        let ids = places.map { place in golden.inputs[place].tensor.map { graph.input("x\(place)", $0.type) } }
        _ = try composition.emit(into: &graph, ids)
        #expect(graph.nodes.count == 1)
        return try #require(graph.nodes.first).op
    }
}

/// One case of `Golden/operators/operators.json` in the default domain.
struct OnnxGolden: Sendable, CustomStringConvertible {
    let name: String
    let operation: String
    let opset: Int
    let attributes: [String: OnnxValue]
    /// Tensors are nil where an optional input is left out, gradients where none is wanted.
    let inputs: [(tensor: Tensor?, gradient: Tensor?)]
    let outputs: [(tensor: Tensor, upstream: Tensor?)]

    var description: String { "\(self.operation) \(self.name)" }

    /// A node in training mode, which is never read from a file: the operator `BatchNormalizationTraining` has tests of its own.
    var isTraining: Bool {
        if case .int(1) = self.attributes["training_mode"] { true } else { false }
    }

    var hasGradients: Bool { self.inputs.contains { $0.gradient != nil } && self.outputs.contains { $0.upstream != nil } }

    static func load() throws -> [OnnxGolden] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "Golden/operators")
        let index = try JSONDecoder().decode(Index.self, from: Data(contentsOf: folder.appending(path: "operators.json")))
        var files: [String: [String: Tensor]] = [:]
        return try index.cases.filter { $0.domain.isEmpty }.map { entry in
            let tensors = try files[entry.file] ?? Safetensors.read(folder.appending(path: entry.file))
            files[entry.file] = tensors
            func tensor(_ name: String) throws -> Tensor { try #require(tensors[name], "\(entry.file) has no \(name)") }
            return OnnxGolden(
                name: entry.case, operation: entry.operator, opset: entry.opset,
                attributes: Dictionary(uniqueKeysWithValues: entry.attributes.map { ($0.key, $0.value.value(named: $0.key)) }),
                inputs: try entry.inputs.map { (try $0.tensor.map(tensor), try $0.gradient.map(tensor)) },
                outputs: try entry.outputs.map { (try tensor($0.tensor), try $0.upstream.map(tensor)) })
        }
    }

    private struct Index: Decodable {
        let cases: [Entry]
    }

    private struct Entry: Decodable {
        let `case`: String
        let `operator`: String
        let domain: String
        let opset: Int
        let file: String
        let attributes: [String: Attribute]
        let inputs: [Input]
        let outputs: [Output]
    }

    private struct Input: Decodable {
        let tensor: String?
        let gradient: String?
    }

    private struct Output: Decodable {
        let tensor: String
        let upstream: String?
    }

    /// A number, text or a list of whole numbers.
    private enum Attribute: Decodable {
        case number(Double)
        case text(String)
        case list([Int])

        /// JSON does not tell 1 from 1.0: these names are floats in ONNX.
        private static let floats: Set<String> = ["alpha", "beta", "epsilon", "momentum", "gamma", "ratio", "scale"]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .list(try container.decode([Int].self))
            }
        }

        func value(named name: String) -> OnnxValue {
            switch self {
            case .number(let number): Self.floats.contains(name) ? .float(Float(number)) : .int(Int(number))
            case .text(let text): .string(text)
            case .list(let list): .ints(list)
            }
        }
    }

    /// The little of the safetensors format that golden files use.
    private enum Safetensors {
        private struct Entry: Decodable {
            let dtype: String
            let shape: [Int]
            let data_offsets: [Int]
        }

        private static let types: [String: DataType] = [
            "F32": .float32, "F64": .float64, "I64": .int64, "I32": .int32, "U8": .uint8, "BOOL": .bool,
        ]

        static func read(_ url: URL) throws -> [String: Tensor] {
            let data = try Data(contentsOf: url)
            let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
            let header = try JSONSerialization.jsonObject(with: data[8..<(8 + length)]) as? [String: Any] ?? [:]
            let json = try JSONSerialization.data(withJSONObject: header.filter { $0.key != "__metadata__" })
            return try JSONDecoder().decode([String: Entry].self, from: json).mapValues { entry in
                let tensor = Tensor(zeros: TensorType(try #require(Self.types[entry.dtype]), entry.shape))
                let range = (8 + length + entry.data_offsets[0])..<(8 + length + entry.data_offsets[1])
                _ = data[range].copyBytes(to: tensor.storage.bytes)
                return tensor
            }
        }
    }
}
