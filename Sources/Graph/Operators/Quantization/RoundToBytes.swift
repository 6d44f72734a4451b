/// Numbers rounded to bytes and back: `QuantizeLinear` and `DequantizeLinear` with one scale and zero point. float32. Made by
/// passes after differentiation.
package struct RoundToBytes: Operator {
    package static let schema = OperatorSchema("RoundToBytes", inputs: ["x"])

    package let bytes: ByteScale

    package init(_ bytes: ByteScale) {
        self.bytes = bytes
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        guard x.dataType == .float32 else { throw GraphError(.dataType, self.name, "x is \(x), must be float32") }
        return [x]
    }

    package var gradient: Gradient { .none(reason: "fusion happens after differentiation") }

    package func onnx(opset: Int) -> OnnxSpelling {
        .lowered { (graph, inputs) throws(GraphError) in
            guard let x = inputs[0] else { throw GraphError(.arity, self.name, "x is absent") }
            return [try graph.dequantized(try graph.quantized(x, self.bytes), self.bytes)]
        }
    }
}
