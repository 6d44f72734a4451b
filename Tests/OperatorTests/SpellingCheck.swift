import Graph
import Kernels
import TestSupport
import Testing

/// Writes an operator as ONNX nodes, reads every node back, and runs what was read against the operator's reference.
enum SpellingCheck {
    private static let readers: [String: any OnnxOperator.Type] = {
        var result: [String: any OnnxOperator.Type] = [:]
        for type in OperatorTable.all {
            guard let type = type as? any OnnxOperator.Type else { continue }
            for name in type.onnxTypes { result[name] = type }
        }
        return result
    }()

    /// Nil, or what is wrong.
    static func mismatch(_ testCase: OperatorCase, opset: Int) throws -> String? {
        let inputs = testCase.tensors(seed: 5)
        let expected = try GraphEvaluator(implementation: "reference").run(testCase.op, inputs)
        let actual = try self.run(testCase.op, inputs, opset)
        for (index, pair) in zip(actual, expected).enumerated() {
            let what = "\(testCase) in opset \(opset), output \(index)"
            guard pair.0.type == pair.1.type else { return "\(what) is \(pair.0.type), expected \(pair.1.type)" }
            if let message = testCase.tolerance.mismatch(pair.0.doubles, pair.1.doubles, what) { return message }
        }
        return actual.isEmpty ? "\(testCase): nothing came back" : nil
    }

    private static func run(_ op: any Operator, _ inputs: [Tensor?], _ opset: Int) throws -> [Tensor] {
        switch op.onnx(opset: opset) {
        case .node(let node): return try self.run(node, inputs, opset)
        case .lowered(let lower): return try self.run(lower, inputs, opset)
        case .none(let reason): throw GraphError(.unsupported, op.name, reason)
        }
    }

    private static func run(_ node: OnnxNode, _ inputs: [Tensor?], _ opset: Int) throws -> [Tensor] {
        let all = inputs + node.constants
        var reader = OnnxReader(
            type: node.type, opset: opset,
            attributes: Dictionary(uniqueKeysWithValues: node.attributes.map { ($0.name, $0.value) }),
            inputs: all.map { $0?.type }, constants: inputs.map { _ in nil } + node.constants, outputCount: 1)
        guard let type = self.readers[node.type] else { return try self.runComposition(node, all, &reader) }
        let op = try type.init(onnx: &reader)
        return try GraphEvaluator(implementation: "reference").run(op, self.rest(all, reader))
    }

    /// The inputs that were not taken as attributes.
    private static func rest(_ all: [Tensor?], _ reader: OnnxReader) -> [Tensor?] {
        #expect(reader.unread == [])
        var rest = all.indices.filter { !reader.consumed.contains($0) }.map { all[$0] }
        while let last = rest.last, last == nil { rest.removeLast() }
        return rest
    }

    /// A node that is read as others.
    private static func runComposition(
        _ node: OnnxNode, _ all: [Tensor?], _ reader: inout OnnxReader
    ) throws -> [Tensor] {
        let type = try #require(OnnxCompositionTable.all.first { $0.onnxTypes.contains(node.type) }, "\(node.type) is not read")
        let composition = try type.init(onnx: &reader)
        var graph = Graph()
        var bindings: [String: Tensor] = [:]
        let inputs = self.rest(all, reader).enumerated().map { index, tensor -> ValueID? in
            guard let tensor else { return nil }
            bindings["x\(index)"] = tensor
            return graph.input("x\(index)", tensor.type)
        }
        let outputs = try composition.emit(into: &graph, inputs)
        for (index, output) in outputs.enumerated() { graph.output("y\(index)", output) }
        let results = try GraphEvaluator(implementation: "reference").run(graph, bindings)
        return try outputs.indices.map { try #require(results["y\($0)"]) }
    }

    private static func run(
        _ lower: @Sendable (inout Graph, [ValueID?]) throws(GraphError) -> [ValueID], _ inputs: [Tensor?], _ opset: Int
    ) throws -> [Tensor] {
        var graph = Graph()
        var values: [ValueID: Tensor] = [:]
        let ids = inputs.enumerated().map { index, tensor -> ValueID? in
            guard let tensor else { return nil }
            let id = graph.input("x\(index)", tensor.type)
            values[id] = tensor
            return id
        }
        let outputs = try lower(&graph, ids)
        for (index, value) in graph.values.enumerated() {
            if let tensor = value.constant { values[ValueID(index: index)] = tensor }
        }
        for node in graph.nodes {
            let results = try self.run(node.op, node.inputs.map { $0.flatMap { values[$0] } }, opset)
            for (id, tensor) in zip(node.outputs, results) { values[id] = tensor }
        }
        return try outputs.map { try #require(values[$0]) }
    }
}
