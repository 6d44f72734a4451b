/// The largest whole number not above `x`. ONNX `Floor` 13.
package struct Floor: PlainOnnxOperator {
    package static let schema = OperatorSchema("Floor", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient {
        // Zero wherever it exists.
        .rule { (_) throws(GraphError) in [nil] }
    }
}
