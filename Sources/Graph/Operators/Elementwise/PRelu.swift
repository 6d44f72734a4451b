/// `x` where it is not negative, `slope * x` elsewhere; the slope broadcasts to the shape of x. ONNX `PRelu` 16.
package struct PRelu: PlainOnnxOperator {
    package static let schema = OperatorSchema("PRelu", inputs: ["x", "slope"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let y = try self.broadcastType(inputs)[0]
        let x = try self.type(inputs, 0)
        guard y == x else { throw GraphError(.shape, self.name, "the slope makes \(y) of \(x)") }
        return [y]
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }
}
