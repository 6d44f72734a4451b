/// Whether exactly one of `a` and `b` holds, with broadcasting. ONNX `Xor` 7.
package struct Xor: PlainOnnxOperator {
    package static let schema = OperatorSchema("Xor", inputs: ["a", "b"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.comparisonType(inputs, [.bool])
    }

    package var gradient: Gradient { .none(reason: "the result is bool") }
}
