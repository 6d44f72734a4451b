/// The natural logarithm. ONNX `Log` 13.
package struct Log: PlainOnnxOperator {
    package static let schema = OperatorSchema("Log", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            [try context.emit(Div(), try context.dy(), try context.input(0))]
        }
    }
}
