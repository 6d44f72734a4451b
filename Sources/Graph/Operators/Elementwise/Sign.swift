/// The sign: -1, 0 or 1. ONNX `Sign` 13.
package struct Sign: PlainOnnxOperator {
    package static let schema = OperatorSchema("Sign", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.numeric)
    }

    package var gradient: Gradient {
        // Zero wherever it exists.
        .rule { (_) throws(GraphError) in [nil] }
    }
}
