/// `x / (1 + |x|)`. ONNX `Softsign` 22.
package struct Softsign: PlainOnnxOperator {
    package static let schema = OperatorSchema("Softsign", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }
}
