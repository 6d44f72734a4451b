/// `max(x, 0)`; its gradient at 0 is 0. ONNX `Relu` 14.
package struct Relu: PlainOnnxOperator {
    package static let schema = OperatorSchema("Relu", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.signed)
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            [try context.emit(ReluGradient(), context.outputs[0], try context.dy())]
        }
    }
}
