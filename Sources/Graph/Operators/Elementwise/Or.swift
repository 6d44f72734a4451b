/// `a or b` with broadcasting, as bool. ONNX `Or` 7.
package struct Or: PlainOnnxOperator {
    package static let schema = OperatorSchema("Or", inputs: ["a", "b"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.comparisonType(inputs, [.bool])
    }

    package var gradient: Gradient { .none(reason: "the result is bool") }
}
