/// The bits of `a` and those of `b`, with broadcasting. ONNX `BitwiseAnd` 18.
package struct BitwiseAnd: PlainOnnxOperator {
    package static let schema = OperatorSchema("BitwiseAnd", inputs: ["a", "b"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.broadcastType(inputs, ElementTypes.integers)
    }

    package var gradient: Gradient { .none(reason: "bits have no slope") }
}
