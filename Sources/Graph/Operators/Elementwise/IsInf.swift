/// Whether an element is infinite. ONNX `IsInf` 20.
package struct IsInf: OnnxOperator {
    package static let schema = OperatorSchema("IsInf", inputs: ["x"])

    /// Whether infinities of this sign count.
    package let detectsNegative: Bool
    package let detectsPositive: Bool

    package init(detectsNegative: Bool = true, detectsPositive: Bool = true) {
        self.detectsNegative = detectsNegative
        self.detectsPositive = detectsPositive
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.init(
            detectsNegative: try reader.int("detect_negative") ?? 1 != 0,
            detectsPositive: try reader.int("detect_positive") ?? 1 != 0)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        guard x.dataType.isFloating else { throw GraphError(.dataType, self.name, "does not take \(x)") }
        return [TensorType(.bool, x.shape)]
    }

    package var gradient: Gradient { .none(reason: "the result is bool") }

    package func onnx(opset: Int) -> OnnxSpelling {
        let signs: [(name: String, value: OnnxValue)] = [
            ("detect_negative", .int(self.detectsNegative ? 1 : 0)), ("detect_positive", .int(self.detectsPositive ? 1 : 0)),
        ]
        return .node(OnnxNode("IsInf", signs))
    }
}
