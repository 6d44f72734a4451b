/// The inverse of the hyperbolic sine. ONNX `Asinh` 22.
package struct Asinh: PlainOnnxOperator {
    package static let schema = OperatorSchema("Asinh", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }
}
