/// `a` to the power `b` with broadcasting; the result has the type of `a`. ONNX `Pow` 15.
///
/// The gradient of `b` needs `a > 0`.
package struct Pow: PlainOnnxOperator {
    package static let schema = OperatorSchema("Pow", inputs: ["a", "b"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let a = try self.type(inputs, 0)
        let b = try self.type(inputs, 1)
        guard ElementTypes.numeric.contains(a.dataType), ElementTypes.numeric.contains(b.dataType) else {
            throw GraphError(.dataType, self.name, "a is \(a), b is \(b)")
        }
        return [TensorType(a.dataType, try Broadcast.shape(a.shape, b.shape, in: self.name))]
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let dy = try context.dy()
            let a = try context.input(0)
            let y = context.outputs[0]
            var b = try context.input(1)
            if context.type(b).dataType != context.type(a).dataType {
                b = try context.emit(Cast(to: context.type(a).dataType), b)
            }
            return [
                try context.broadcastGradient(0) { (context) throws(GraphError) in
                    let one = context.scalar(1)
                    let power = try context.emit(Pow(), a, try context.emit(Sub(), b, one))
                    return try context.emit(Mul(), dy, try context.emit(Mul(), b, power))
                },
                try context.broadcastGradient(1) { (context) throws(GraphError) in
                    let slope = try context.emit(Mul(), y, try context.emit(Log(), a))
                    return try context.emit(Mul(), dy, slope)
                },
            ]
        }
    }
}
