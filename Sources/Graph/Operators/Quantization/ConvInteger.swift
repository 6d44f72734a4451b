/// The convolution of 8-bit integers less their zero points, in int32; padding is the zero point of `x`.
/// ONNX `ConvInteger` 10.
///
/// x: [N, C, spatial...]; w: [O, C / groups, kernel...]; one zero point for x, one or O for w.
package struct ConvInteger: OnnxOperator {
    package static let schema = OperatorSchema("ConvInteger", inputs: ["x", "w"], optional: ["x_zero_point", "w_zero_point"])

    package let window: Window

    package init(window: Window) {
        self.window = window
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.window = try Window(convolution: &reader, x: 0, w: 1)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let (x, w) = (try self.type(inputs, 0), try self.type(inputs, 1))
        let shape = try self.window.byteConvolutionShape(x, w, in: self.name)
        let (left, right) = (self.optionalType(inputs, 2), self.optionalType(inputs, 3))
        guard left?.dataType ?? x.dataType == x.dataType, right?.dataType ?? w.dataType == w.dataType else {
            throw GraphError(.dataType, self.name, "a zero point has another type than what it belongs to")
        }
        guard left?.elementCount ?? 1 == 1, right.map({ $0.elementCount == 1 || $0.shape == [w.shape[0]] }) ?? true else {
            throw GraphError(.shape, self.name, "there must be one zero point for x and one or \(w.shape[0]) for w")
        }
        return [TensorType(.int32, shape)]
    }

    package var gradient: Gradient { .none(reason: "integers have no gradient") }

    package func onnx(opset: Int) -> OnnxSpelling { .node(OnnxNode("ConvInteger", self.window.onnxAttributes)) }
}

extension Window {
    /// The output shape of a convolution of 8-bit integers.
    func byteConvolutionShape(
        _ x: TensorType, _ w: TensorType, layout: ChannelLayout = .first, in subject: String
    ) throws(GraphError) -> [Int] {
        guard ElementTypes.bytes.contains(x.dataType), ElementTypes.bytes.contains(w.dataType) else {
            throw GraphError(.dataType, subject, "x is \(x), w is \(w); both must be int8 or uint8")
        }
        return try self.convolutionShape(
            TensorType(.float32, x.shape), TensorType(.float32, w.shape), bias: nil, layout: layout, in: subject)
    }
}
