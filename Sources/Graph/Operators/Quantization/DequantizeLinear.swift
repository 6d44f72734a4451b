/// `(x - zero point) * scale`. ONNX `DequantizeLinear` 25.
package struct DequantizeLinear: OnnxOperator {
    package static let schema = OperatorSchema("DequantizeLinear", inputs: ["x", "x_scale"], optional: ["x_zero_point"])

    package let grid: QuantizationGrid
    /// The element type of the result; that of the scale when nil.
    package let to: DataType?

    package init(to: DataType? = nil, grid: QuantizationGrid = QuantizationGrid()) {
        self.to = to
        self.grid = grid
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.init(to: try reader.dataType("output_dtype"), grid: try QuantizationGrid(onnx: &reader))
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        let scale = try self.type(inputs, 1)
        let zeroPoint = self.optionalType(inputs, 2)
        let result = self.to ?? scale.dataType
        guard ElementTypes.quantized.union([.int32]).contains(x.dataType),
            ElementTypes.floating.union([.float8e8m0]).contains(scale.dataType), ElementTypes.floating.contains(result),
            zeroPoint?.dataType ?? x.dataType == x.dataType
        else {
            let zero = zeroPoint.map { ", the zero point \($0)" } ?? ""
            throw GraphError(.dataType, self.name, "\(x) by \(scale) to \(result)\(zero)")
        }
        try self.grid.check(x, scale: scale, zeroPoint: zeroPoint, in: self.name)
        return [TensorType(result, x.shape)]
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }

    package func onnx(opset: Int) -> OnnxSpelling {
        var attributes = self.grid.attributes(opset: opset)
        if let to = self.to { attributes.append(("output_dtype", .int(to.onnxCode))) }
        return .node(OnnxNode("DequantizeLinear", attributes))
    }
}
