/// `a / b` with broadcasting; integers are divided towards zero. ONNX `Div` 14.
///
/// An integer divided by zero gives the dividend: ONNX leaves it open, and the runtime must not stop.
package struct Div: PlainOnnxOperator {
    package static let schema = OperatorSchema("Div", inputs: ["a", "b"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.broadcastType(inputs)
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let dy = try context.dy()
            let b = try context.input(1)
            let y = context.outputs[0]
            let quotient = try context.emit(Div(), dy, b)
            return [
                try context.broadcastGradient(0) { (_) throws(GraphError) in quotient },
                try context.broadcastGradient(1) { (context) throws(GraphError) in
                    try context.emit(Neg(), try context.emit(Mul(), quotient, y))
                },
            ]
        }
    }
}
