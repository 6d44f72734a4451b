/// The hyperbolic sine. ONNX `Sinh` 22.
package struct Sinh: PlainOnnxOperator {
    package static let schema = OperatorSchema("Sinh", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }
}
