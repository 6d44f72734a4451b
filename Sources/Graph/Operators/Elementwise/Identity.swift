/// The input itself. ONNX `Identity` 16.
package struct Identity: PlainOnnxOperator, ViewOperator {
    package static let schema = OperatorSchema("Identity", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        [try self.type(inputs, 0)]
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in [try context.dy()] }
    }
}
