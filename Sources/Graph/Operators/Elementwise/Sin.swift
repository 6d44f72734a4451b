/// The sine of an angle in radians. ONNX `Sin` 7.
package struct Sin: PlainOnnxOperator {
    package static let schema = OperatorSchema("Sin", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let slope = try context.emit(Cos(), try context.input(0))
            return [try context.emit(Mul(), try context.dy(), slope)]
        }
    }
}
