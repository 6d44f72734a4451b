/// Whether an element is no number. ONNX `IsNaN` 20.
package struct IsNaN: PlainOnnxOperator {
    package static let schema = OperatorSchema("IsNaN", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        guard x.dataType.isFloating else { throw GraphError(.dataType, self.name, "does not take \(x)") }
        return [TensorType(.bool, x.shape)]
    }

    package var gradient: Gradient { .none(reason: "the result is bool") }
}
