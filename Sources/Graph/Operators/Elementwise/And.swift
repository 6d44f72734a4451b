/// `a and b` with broadcasting, as bool. ONNX `And` 7.
package struct And: PlainOnnxOperator {
    package static let schema = OperatorSchema("And", inputs: ["a", "b"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.comparisonType(inputs, [.bool])
    }

    package var gradient: Gradient { .none(reason: "the result is bool") }
}
