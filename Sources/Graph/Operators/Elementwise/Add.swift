/// `a + b` with broadcasting. ONNX `Add` 14.
package struct Add: PlainOnnxOperator {
    package static let schema = OperatorSchema("Add", inputs: ["a", "b"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.broadcastType(inputs)
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let dy = try context.dy()
            return [
                try context.broadcastGradient(0) { (_) throws(GraphError) in dy },
                try context.broadcastGradient(1) { (_) throws(GraphError) in dy },
            ]
        }
    }
}
