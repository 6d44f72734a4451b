/// `a == b` with broadcasting, as bool. ONNX `Equal` 13.
package struct Equal: PlainOnnxOperator {
    package static let schema = OperatorSchema("Equal", inputs: ["a", "b"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.comparisonType(inputs, ElementTypes.comparable)
    }

    package var gradient: Gradient { .none(reason: "the result is bool") }
}
