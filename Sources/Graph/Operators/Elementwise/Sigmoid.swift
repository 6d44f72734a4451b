/// The logistic function `1 / (1 + exp(-x))`. ONNX `Sigmoid` 13.
package struct Sigmoid: PlainOnnxOperator {
    package static let schema = OperatorSchema("Sigmoid", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            [try context.emit(SigmoidGradient(), context.outputs[0], try context.dy())]
        }
    }
}
