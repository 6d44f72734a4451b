/// The absolute value; its gradient at 0 is 0. ONNX `Abs` 13.
package struct Abs: PlainOnnxOperator {
    package static let schema = OperatorSchema("Abs", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.numeric)
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let sign = try context.emit(Sign(), try context.input(0))
            return [try context.emit(Mul(), try context.dy(), sign)]
        }
    }
}
