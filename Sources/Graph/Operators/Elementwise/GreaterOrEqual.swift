/// `a >= b` with broadcasting, as bool. ONNX `GreaterOrEqual` 16.
package struct GreaterOrEqual: PlainOnnxOperator {
    package static let schema = OperatorSchema("GreaterOrEqual", inputs: ["a", "b"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.comparisonType(inputs)
    }

    package var gradient: Gradient { .none(reason: "the result is bool") }
}
