/// The L2 norm over all elements of all inputs, a scalar []; summed in double precision in a fixed order.
package struct GradientNorm: Operator {
    package static let schema = OperatorSchema("GradientNorm", inputs: ["g"], isVariadic: true, outputs: ["norm"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        for case let type? in inputs where type.dataType != .float32 {
            throw GraphError(.dataType, self.name, "a gradient is \(type), must be float32")
        }
        return [TensorType(.float32, [])]
    }

    package var gradient: Gradient { .none(reason: "a diagnostic of gradients is not differentiated") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
