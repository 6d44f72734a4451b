/// The cosine of an angle in radians. ONNX `Cos` 7.
package struct Cos: PlainOnnxOperator {
    package static let schema = OperatorSchema("Cos", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let slope = try context.emit(Neg(), try context.emit(Sin(), try context.input(0)))
            return [try context.emit(Mul(), try context.dy(), slope)]
        }
    }
}
