/// `a > b` with broadcasting, as bool. ONNX `Greater` 13.
package struct Greater: PlainOnnxOperator {
    package static let schema = OperatorSchema("Greater", inputs: ["a", "b"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.comparisonType(inputs)
    }

    package var gradient: Gradient { .none(reason: "the result is bool") }
}
