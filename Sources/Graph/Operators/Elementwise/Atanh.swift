/// The inverse of the hyperbolic tangent. ONNX `Atanh` 22.
package struct Atanh: PlainOnnxOperator {
    package static let schema = OperatorSchema("Atanh", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }
}
