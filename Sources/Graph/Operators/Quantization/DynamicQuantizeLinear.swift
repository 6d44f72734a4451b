/// Quantises float32 to uint8 with a scale and a zero point of its own, which make the range from the smallest to the largest
/// element, and 0, the range of the type. ONNX `DynamicQuantizeLinear` 11.
///
/// NaN does not count for the range and becomes the byte 0; where all elements are 0 the scale is 1.
package struct DynamicQuantizeLinear: PlainOnnxOperator {
    package static let schema = OperatorSchema(
        "DynamicQuantizeLinear", inputs: ["x"], outputs: ["y", "y_scale", "y_zero_point"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.unaryType(inputs, [.float32])[0]
        return [TensorType(.uint8, x.shape), TensorType(.float32, []), TensorType(.uint8, [])]
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }
}
