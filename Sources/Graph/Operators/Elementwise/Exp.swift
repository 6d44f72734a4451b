/// `e` to the power `x`. ONNX `Exp` 13.
package struct Exp: PlainOnnxOperator {
    package static let schema = OperatorSchema("Exp", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            [try context.emit(Mul(), try context.dy(), context.outputs[0])]
        }
    }
}
