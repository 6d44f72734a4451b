/// `x` where the bool `condition` holds, else `y`, with broadcasting. ONNX `Where` 16.
package struct Where: PlainOnnxOperator {
    package static let schema = OperatorSchema("Where", inputs: ["condition", "x", "y"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let condition = try self.type(inputs, 0)
        let x = try self.type(inputs, 1)
        let y = try self.type(inputs, 2)
        guard condition.dataType == .bool, x.dataType == y.dataType else {
            throw GraphError(.dataType, self.name, "condition is \(condition), x is \(x), y is \(y)")
        }
        let shape = try Broadcast.shape(x.shape, y.shape, in: self.name)
        return [TensorType(x.dataType, try Broadcast.shape(condition.shape, shape, in: self.name))]
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let dy = try context.dy()
            let condition = try context.input(0)
            return [
                nil,
                try context.broadcastGradient(1) { (context) throws(GraphError) in
                    try context.emit(Where(), condition, dy, context.scalar(0))
                },
                try context.broadcastGradient(2) { (context) throws(GraphError) in
                    try context.emit(Where(), condition, context.scalar(0), dy)
                },
            ]
        }
    }
}
