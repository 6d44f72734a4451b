/// The angle in radians, from -pi / 2 to pi / 2, whose tangent is `x`. ONNX `Atan` 22.
package struct Atan: PlainOnnxOperator {
    package static let schema = OperatorSchema("Atan", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }
}
