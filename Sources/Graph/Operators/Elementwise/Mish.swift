/// `x * tanh(log(1 + exp(x)))`. ONNX `Mish` 22; written as simpler operators before 18.
package struct Mish: PlainOnnxOperator {
    package static let schema = OperatorSchema("Mish", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }

    package func onnx(opset: Int) -> OnnxSpelling {
        if opset >= 18 { return .node(OnnxNode("Mish")) }
        return .lowered { (graph, inputs) throws(GraphError) in
            let bend = try graph.apply(Tanh(), try graph.append(Softplus(), inputs)[0])
            return [try graph.apply(Mul(), inputs[0], bend)]
        }
    }
}
