/// The square root. ONNX `Sqrt` 13.
package struct Sqrt: PlainOnnxOperator {
    package static let schema = OperatorSchema("Sqrt", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let half = try context.emit(Mul(), try context.dy(), context.scalar(0.5))
            return [try context.emit(Div(), half, context.outputs[0])]
        }
    }
}
