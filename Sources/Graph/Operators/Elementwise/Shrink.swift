/// Elements further than `threshold` from 0 moved towards it by `bias`, others 0. ONNX `Shrink` 9.
package struct Shrink: OnnxOperator {
    package static let schema = OperatorSchema("Shrink", inputs: ["x"])

    package let bias: Float
    package let threshold: Float

    package init(bias: Float = 0, threshold: Float = 0.5) {
        self.bias = bias
        self.threshold = threshold
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.init(
            bias: try reader.float("bias") ?? 0,
            threshold: try reader.float("lambd") ?? 0.5)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.numeric)
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }

    package func onnx(opset: Int) -> OnnxSpelling {
        .node(OnnxNode("Shrink", [("bias", .float(self.bias)), ("lambd", .float(self.threshold))]))
    }
}
