/// The inverse of the hyperbolic cosine, from 0 on. ONNX `Acosh` 22.
package struct Acosh: PlainOnnxOperator {
    package static let schema = OperatorSchema("Acosh", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }
}
