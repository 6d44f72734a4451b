/// The smallest whole number not below `x`. ONNX `Ceil` 13.
package struct Ceil: PlainOnnxOperator {
    package static let schema = OperatorSchema("Ceil", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient {
        // Zero wherever it exists.
        .rule { (_) throws(GraphError) in [nil] }
    }
}
