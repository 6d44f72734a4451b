/// `a < b` with broadcasting, as bool. ONNX `Less` 13.
package struct Less: PlainOnnxOperator {
    package static let schema = OperatorSchema("Less", inputs: ["a", "b"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.comparisonType(inputs)
    }

    package var gradient: Gradient { .none(reason: "the result is bool") }
}
