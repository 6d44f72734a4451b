/// The tangent of an angle in radians. ONNX `Tan` 22.
package struct Tan: PlainOnnxOperator {
    package static let schema = OperatorSchema("Tan", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }
}
