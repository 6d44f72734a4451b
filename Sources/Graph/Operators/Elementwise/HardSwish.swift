/// `x * max(0, min(1, x / 6 + 1 / 2))`. ONNX `HardSwish` 22; written as `HardSigmoid` and `Mul` before 14.
package struct HardSwish: PlainOnnxOperator {
    package static let schema = OperatorSchema("HardSwish", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }

    package func onnx(opset: Int) -> OnnxSpelling {
        if opset >= 14 { return .node(OnnxNode("HardSwish")) }
        return .lowered { (graph, inputs) throws(GraphError) in
            let gate = try graph.append(HardSigmoid(alpha: 1.0 / 6, beta: 0.5), inputs)[0]
            return [try graph.apply(Mul(), inputs[0], gate)]
        }
    }
}
