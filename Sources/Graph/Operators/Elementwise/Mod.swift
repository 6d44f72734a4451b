/// What remains of `a` divided by `b`, with broadcasting. ONNX `Mod` 13.
///
/// Of integers it has the sign of the divisor, or as `fmod` that of the dividend; floats have only the latter. An integer
/// divided by zero leaves the dividend.
package struct Mod: OnnxOperator {
    package static let schema = OperatorSchema("Mod", inputs: ["a", "b"])

    package let fmod: Bool

    package init(fmod: Bool = false) {
        self.fmod = fmod
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.fmod = try reader.int("fmod") ?? 0 != 0
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.broadcastType(inputs, self.fmod ? ElementTypes.numeric : ElementTypes.integers)
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }

    package func onnx(opset: Int) -> OnnxSpelling { .node(OnnxNode("Mod", [("fmod", .int(self.fmod ? 1 : 0))])) }
}
