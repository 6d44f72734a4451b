/// The hyperbolic tangent. ONNX `Tanh` 13.
package struct Tanh: PlainOnnxOperator {
    package static let schema = OperatorSchema("Tanh", inputs: ["x"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            [try context.emit(TanhGradient(), context.outputs[0], try context.dy())]
        }
    }
}
