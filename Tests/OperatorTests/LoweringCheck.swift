import Graph
import TestSupport

/// Runs what an operator is lowered to in ONNX against the operator's reference.
enum LoweringCheck {
    /// Nil, or what is wrong.
    static func mismatch(_ testCase: OperatorCase, opset: Int = 20) throws -> String? {
        guard case .lowered(let lower) = testCase.op.onnx(opset: opset) else { return "\(testCase): not lowered" }
        let inputs = testCase.tensors(seed: 5)
        var graph = Graph()
        let ids = inputs.enumerated().map { index, tensor in tensor.map { graph.input("x\(index)", $0.type) } }
        for (index, value) in try lower(&graph, ids).enumerated() { graph.output("y\(index)", value) }
        var bindings: [String: Tensor] = [:]
        for (index, tensor) in inputs.enumerated() { bindings["x\(index)"] = tensor }
        let actual = try GraphEvaluator(implementation: "reference").run(graph, bindings)
        let expected = try GraphEvaluator(implementation: "reference").run(testCase.op, inputs)
        for (index, tensor) in expected.enumerated() {
            guard let result = actual["y\(index)"], result.type == tensor.type else {
                return "\(testCase): output \(index) is missing"
            }
            if let message = testCase.tolerance.mismatch(result.doubles, tensor.doubles, "\(testCase) lowered") { return message }
        }
        return nil
    }
}
