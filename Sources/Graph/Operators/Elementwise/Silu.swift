/// `x * sigmoid(x)`, also called Swish. Written as `Sigmoid` and `Mul`.
package struct Silu: Operator {
    package static let schema = OperatorSchema("Silu", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            [try context.emit(SiluGradient(), try context.input(0), try context.dy())]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        .lowered { (graph, inputs) throws(GraphError) in
            let sigmoid = try graph.append(Sigmoid(), inputs)[0]
            return try graph.append(Mul(), [inputs[0], sigmoid])
        }
    }
}
