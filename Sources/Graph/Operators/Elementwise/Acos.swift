/// The angle in radians, from 0 to pi, whose cosine is `x`. ONNX `Acos` 22.
package struct Acos: PlainOnnxOperator {
    package static let schema = OperatorSchema("Acos", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }
}
