/// `log(1 + exp(x))`. ONNX `Softplus` 1.
package struct Softplus: PlainOnnxOperator {
    package static let schema = OperatorSchema("Softplus", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let slope = try context.emit(Sigmoid(), try context.input(0))
            return [try context.emit(Mul(), try context.dy(), slope)]
        }
    }
}
