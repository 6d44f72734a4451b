/// Logical negation. ONNX `Not` 1.
package struct Not: PlainOnnxOperator {
    package static let schema = OperatorSchema("Not", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, [.bool])
    }

    package var gradient: Gradient {
        .none(reason: "the result is bool")
    }
}
