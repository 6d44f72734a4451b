/// The largest of one or more inputs with broadcasting; NaN wins. ONNX `Max` 13.
///
/// Where several inputs share the largest the gradient is divided evenly among them.
package struct Max: PlainOnnxOperator {
    package static let schema = OperatorSchema("Max", inputs: ["data_0"], isVariadic: true)

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.extremeType(inputs)
    }

    package var gradient: Gradient { .extreme }
}
