/// The convolution of quantised values, quantised again; padding is the zero point of `x`. ONNX `QLinearConv` 10.
///
/// x: [N, C, spatial...]; w: [O, C / groups, kernel...]; bias: int32 [O] in units of the product of both scales. One scale and
/// zero point for x and y, one or O for w.
package struct QLinearConv: OnnxOperator {
    package static let schema = OperatorSchema(
        "QLinearConv",
        inputs: ["x", "x_scale", "x_zero_point", "w", "w_scale", "w_zero_point", "y_scale", "y_zero_point"], optional: ["bias"])

    package let window: Window

    package init(window: Window) {
        self.window = window
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.window = try Window(convolution: &reader, x: 0, w: 3)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let (x, w) = (try self.type(inputs, 0), try self.type(inputs, 3))
        let shape = try self.window.byteConvolutionShape(x, w, in: self.name)
        let zero = try self.type(inputs, 7)
        guard ElementTypes.bytes.contains(zero.dataType), try self.type(inputs, 2).dataType == x.dataType,
            try self.type(inputs, 5).dataType == w.dataType
        else { throw GraphError(.dataType, self.name, "zero points must have the types of what they belong to") }
        for index in [1, 2, 4, 5, 6, 7] {
            let part = try self.type(inputs, index)
            let isScale = index == 1 || index == 4 || index == 6
            let isOnce = part.elementCount == 1 || ((index == 4 || index == 5) && part.shape == [w.shape[0]])
            guard isOnce, !isScale || part.dataType == .float32 else {
                throw GraphError(.shape, self.name, "\(Self.schema.inputs[index]) is \(part)")
            }
        }
        if let bias = self.optionalType(inputs, 8), bias != TensorType(.int32, [w.shape[0]]) {
            throw GraphError(.shape, self.name, "bias is \(bias), should be int32[\(w.shape[0])]")
        }
        return [TensorType(zero.dataType, shape)]
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }

    package func onnx(opset: Int) -> OnnxSpelling { .node(OnnxNode("QLinearConv", self.window.onnxAttributes)) }
}
