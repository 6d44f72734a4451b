/// `a <= b` with broadcasting, as bool. ONNX `LessOrEqual` 16.
package struct LessOrEqual: PlainOnnxOperator {
    package static let schema = OperatorSchema("LessOrEqual", inputs: ["a", "b"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.comparisonType(inputs)
    }

    package var gradient: Gradient { .none(reason: "the result is bool") }
}
