/// `-x`. ONNX `Neg` 13.
package struct Neg: PlainOnnxOperator {
    package static let schema = OperatorSchema("Neg", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.signed)
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            [try context.emit(Neg(), try context.dy())]
        }
    }
}
