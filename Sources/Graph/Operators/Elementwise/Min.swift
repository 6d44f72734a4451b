/// The smallest of one or more inputs with broadcasting; NaN wins. ONNX `Min` 13.
///
/// Where several inputs share the smallest the gradient is divided evenly among them.
package struct Min: PlainOnnxOperator {
    package static let schema = OperatorSchema("Min", inputs: ["data_0"], isVariadic: true)

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.extremeType(inputs)
    }

    package var gradient: Gradient { .extreme }
}
