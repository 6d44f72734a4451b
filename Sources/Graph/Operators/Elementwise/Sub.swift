/// `a - b` with broadcasting. ONNX `Sub` 14.
package struct Sub: PlainOnnxOperator {
    package static let schema = OperatorSchema("Sub", inputs: ["a", "b"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.broadcastType(inputs)
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let dy = try context.dy()
            let da = try context.broadcastGradient(0) { (_) throws(GraphError) in dy }
            guard context.needs(1) else { return [da, nil] }
            // Summed first, so that the sign changes on the smaller tensor.
            let sum = try context.unbroadcast(dy, to: context.type(try context.input(1)))
            return [da, try context.emit(Neg(), sum)]
        }
    }
}
