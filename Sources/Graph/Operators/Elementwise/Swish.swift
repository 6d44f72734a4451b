/// `x * sigmoid(alpha * x)`. ONNX `Swish` 24; written as simpler operators before.
package struct Swish: OnnxOperator {
    package static let schema = OperatorSchema("Swish", inputs: ["x"])

    package let alpha: Float

    package init(alpha: Float = 1) {
        self.alpha = alpha
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.init(
            alpha: try reader.float("alpha") ?? 1)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }

    package func onnx(opset: Int) -> OnnxSpelling {
        let alpha = self.alpha
        if opset >= 24 { return .node(OnnxNode("Swish", [("alpha", .float(alpha))])) }
        return .lowered { (graph, inputs) throws(GraphError) in
            let x = try graph.append(Identity(), inputs)[0]
            let factor = graph.constant(Tensor(scalar: Double(alpha), graph[x].type.dataType))
            let gate = try graph.apply(Sigmoid(), try graph.apply(Mul(), x, factor))
            return [try graph.apply(Mul(), x, gate)]
        }
    }
}
