/// `x / scale`, rounded to even where the result is an integer, plus a zero point, held in the range of the type.
/// ONNX `QuantizeLinear` 25.
package struct QuantizeLinear: OnnxOperator {
    package static let schema = OperatorSchema("QuantizeLinear", inputs: ["x", "y_scale"], optional: ["y_zero_point"])

    package let grid: QuantizationGrid
    /// The element type of the result, and of the zero point.
    package let to: DataType
    /// Beyond the range of an 8-bit float: its largest number instead of infinity or NaN.
    package let saturates: Bool
    /// What the quotient is rounded to first; the type of the scale when nil.
    package let precision: DataType?

    package init(
        to: DataType = .uint8, grid: QuantizationGrid = QuantizationGrid(), saturates: Bool = true, precision: DataType? = nil
    ) {
        self.to = to
        self.grid = grid
        self.saturates = saturates
        self.precision = precision
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let zeroPoint = reader.inputs.count > 2 ? reader.inputs[2]?.dataType : nil
        let named = try reader.dataType("output_dtype")
        self.init(
            to: named ?? zeroPoint ?? .uint8, grid: try QuantizationGrid(onnx: &reader),
            saturates: try reader.int("saturate") ?? 1 != 0, precision: try reader.dataType("precision"))
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        let scale = try self.type(inputs, 1)
        let zeroPoint = self.optionalType(inputs, 2)
        let sources = ElementTypes.floating.union([.int32])
        guard sources.contains(x.dataType), sources.union([.float8e8m0]).contains(scale.dataType),
            ElementTypes.quantized.contains(self.to), self.precision.map(ElementTypes.floating.contains) ?? true,
            zeroPoint?.dataType ?? self.to == self.to
        else {
            let zero = zeroPoint.map { ", the zero point \($0)" } ?? ""
            throw GraphError(.dataType, self.name, "\(x) by \(scale) to \(self.to)\(zero)")
        }
        try self.grid.check(x, scale: scale, zeroPoint: zeroPoint, in: self.name)
        return [TensorType(self.to, x.shape)]
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }

    package func onnx(opset: Int) -> OnnxSpelling {
        var attributes = self.grid.attributes(opset: opset)
        if opset >= 21 { attributes.append(("output_dtype", .int(self.to.onnxCode))) }
        if !self.saturates { attributes.append(("saturate", .int(0))) }
        if let precision = self.precision { attributes.append(("precision", .int(precision.onnxCode))) }
        return .node(OnnxNode("QuantizeLinear", attributes))
    }
}
