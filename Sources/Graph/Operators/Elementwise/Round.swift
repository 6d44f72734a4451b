/// The nearest whole number, halves to even. ONNX `Round` 11.
package struct Round: PlainOnnxOperator {
    package static let schema = OperatorSchema("Round", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient {
        // Zero wherever it exists.
        .rule { (_) throws(GraphError) in [nil] }
    }
}
