/// The bits of `a` or those of `b`, with broadcasting. ONNX `BitwiseOr` 18.
package struct BitwiseOr: PlainOnnxOperator {
    package static let schema = OperatorSchema("BitwiseOr", inputs: ["a", "b"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.broadcastType(inputs, ElementTypes.integers)
    }

    package var gradient: Gradient { .none(reason: "bits have no slope") }
}
