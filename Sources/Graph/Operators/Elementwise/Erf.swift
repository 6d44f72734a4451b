/// The error function. ONNX `Erf` 13.
package struct Erf: PlainOnnxOperator {
    package static let schema = OperatorSchema("Erf", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let x = try context.input(0)
            let bell = try context.emit(Exp(), try context.emit(Neg(), try context.emit(Mul(), x, x)))
            // 2 / sqrt(pi)
            let slope = try context.emit(Mul(), bell, context.scalar(1.128_379_2))
            return [try context.emit(Mul(), try context.dy(), slope)]
        }
    }
}
