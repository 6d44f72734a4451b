/// The bits of `x` turned over. ONNX `BitwiseNot` 18.
package struct BitwiseNot: PlainOnnxOperator {
    package static let schema = OperatorSchema("BitwiseNot", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.integers)
    }

    package var gradient: Gradient { .none(reason: "bits have no slope") }
}
