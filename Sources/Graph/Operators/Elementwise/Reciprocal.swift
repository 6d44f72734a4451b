/// `1 / x`. ONNX `Reciprocal` 13.
package struct Reciprocal: PlainOnnxOperator {
    package static let schema = OperatorSchema("Reciprocal", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let y = context.outputs[0]
            let slope = try context.emit(Neg(), try context.emit(Mul(), y, y))
            return [try context.emit(Mul(), try context.dy(), slope)]
        }
    }
}
