/// `a * b` with broadcasting. ONNX `Mul` 14.
package struct Mul: PlainOnnxOperator {
    package static let schema = OperatorSchema("Mul", inputs: ["a", "b"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.broadcastType(inputs)
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let dy = try context.dy()
            let a = try context.input(0)
            let b = try context.input(1)
            return [
                try context.broadcastGradient(0) { (context) throws(GraphError) in try context.emit(Mul(), dy, b) },
                try context.broadcastGradient(1) { (context) throws(GraphError) in try context.emit(Mul(), dy, a) },
            ]
        }
    }
}
