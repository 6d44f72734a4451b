/// The determinant of the last two axes. ONNX `Det` 22.
package struct Det: OnnxOperator {
    package static let schema = OperatorSchema("Det", inputs: ["x"])

    package init() {}

    package init(onnx reader: inout OnnxReader) {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.unaryType(inputs, [.float32, .float64, .float16, .bfloat16])[0]
        guard x.rank >= 2, x.shape[x.rank - 1] == x.shape[x.rank - 2] else {
            throw GraphError(.shape, self.name, "\(x) has no square matrices")
        }
        return [TensorType(x.dataType, Array(x.shape.dropLast(2)))]
    }

    package var gradient: Gradient { .none(reason: "not used in training") }

    package func onnx(opset: Int) -> OnnxSpelling { .node(OnnxNode("Det")) }
}
