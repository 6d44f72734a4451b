/// The hyperbolic cosine. ONNX `Cosh` 22.
package struct Cosh: PlainOnnxOperator {
    package static let schema = OperatorSchema("Cosh", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }
}
