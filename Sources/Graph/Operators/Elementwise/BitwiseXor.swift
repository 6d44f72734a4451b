/// The bits of `a` exclusive or those of `b`, with broadcasting. ONNX `BitwiseXor` 18.
package struct BitwiseXor: PlainOnnxOperator {
    package static let schema = OperatorSchema("BitwiseXor", inputs: ["a", "b"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.broadcastType(inputs, ElementTypes.integers)
    }

    package var gradient: Gradient { .none(reason: "bits have no slope") }
}
