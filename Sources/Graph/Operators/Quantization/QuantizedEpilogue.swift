/// What happens to the sums of a product of bytes before they are stored: everything that passes take into
/// `QuantizedMatMul` and `QuantizedConv`.
///
/// For the int32 sum of column (or output channel) c, in float32 and in this order:
///
///     v = sum * scales[c] + inner_bias[c]
///     v = rounded to the bytes of `rounding` and back          where the file rounds behind the product
///     v = v + bias[c]
///     v = v + residual                                         where it stands before the activation
///     v = activation(v)
///     v = v + residual                                         where it stands after it
///     v = v * factor
///     y = v, or the byte of `result` for it
///
/// A number becomes the byte `round(v / scale) + zero`, halves to even, held in the range of the type; NaN becomes 0.
package struct QuantizedEpilogue: Sendable, Hashable, CustomStringConvertible {
    /// Where the residual is added.
    package enum ResidualPlace: String, Sendable, Hashable {
        case beforeActivation
        case afterActivation
    }

    /// Nil where nothing is rounded behind the product.
    package var rounding: ByteScale?
    package var activation: FusedActivation
    /// What the bytes of the residual stand for; nil for a float32 residual, or none.
    package var residual: ByteScale?
    package var residualPlace: ResidualPlace
    /// What numbers are multiplied with in the end.
    package var factor: Float
    /// What the bytes of the result stand for; nil for a float32 result.
    package var result: ByteScale?

    package init(
        rounding: ByteScale? = nil, activation: FusedActivation = .none, residual: ByteScale? = nil,
        residualPlace: ResidualPlace = .beforeActivation, factor: Float = 1, result: ByteScale? = nil
    ) {
        self.rounding = rounding
        self.activation = activation
        self.residual = residual
        self.residualPlace = residualPlace
        self.factor = factor
        self.result = result
    }

    package var description: String {
        var parts: [String] = []
        if let rounding = self.rounding { parts.append("rounding \(rounding)") }
        if let residual = self.residual { parts.append("residual \(residual)") }
        if self.activation != .none { parts.append(self.activation.rawValue) }
        if self.residualPlace == .afterActivation { parts.append("then residual") }
        if self.factor != 1 { parts.append("times \(self.factor)") }
        if let result = self.result { parts.append("result \(result)") }
        return parts.isEmpty ? "plain" : parts.joined(separator: ", ")
    }

    /// The element type of the result.
    package var resultType: DataType { self.result?.type ?? .float32 }

    /// Inputs behind the two operands, in the order of the schemas; the last is the zero point of the left operand.
    package enum Input: Int, Sendable, CaseIterable {
        case scales = 2
        case innerBias = 3
        case bias = 4
        case residual = 5
        case zeroPoint = 6
    }

    static let optionalInputs = ["inner_bias", "bias", "residual"]

    /// The zero point of the left operand that is an input.
    static func zeroPoint<Value>(_ inputs: [Value?]) -> Value? {
        Input.zeroPoint.rawValue < inputs.count ? inputs[Input.zeroPoint.rawValue] : nil
    }

    /// Throws unless a zero point that is an input fits the left operand and is the only one.
    static func checkZeroPoint(
        _ inputs: [TensorType?], of left: TensorType, fixed: Int, in subject: String
    ) throws(GraphError) {
        guard let zero = self.zeroPoint(inputs) else { return }
        guard zero.dataType == left.dataType, zero.elementCount == 1 else {
            throw GraphError(.shape, subject, "the zero point is \(zero) for \(left)")
        }
        guard fixed == 0 else { throw GraphError(.attribute, subject, "a zero point of \(fixed) beside one that is an input") }
    }

    /// Throws unless scales, biases and residual fit a result of this shape with that many columns or channels.
    func check(_ inputs: [TensorType?], columns: Int, shape: [Int], in subject: String) throws(GraphError) {
        for input in [Input.scales, .innerBias, .bias] {
            guard input.rawValue < inputs.count, let type = inputs[input.rawValue] else { continue }
            guard type == TensorType(.float32, [columns]) else {
                throw GraphError(.shape, subject, "\(input) is \(type), should be float32[\(columns)]")
            }
        }
        guard Input.residual.rawValue < inputs.count, let residual = inputs[Input.residual.rawValue] else { return }
        let expected = TensorType(self.residual?.type ?? .float32, shape)
        guard residual == expected else {
            throw GraphError(.shape, subject, "residual is \(residual), should be \(expected)")
        }
    }

    /// Emits everything behind the sums as operators that ONNX has.
    /// - Parameters:
    ///   - sums: int32.
    ///   - inputs: of the operator.
    ///   - rank: axes of the sums if their channels are axis 1; nil where the columns are the last axis.
    func unfused(
        _ sums: ValueID, _ inputs: [ValueID?], channelsOfRank rank: Int?, in graph: inout Graph
    ) throws(GraphError) -> ValueID {
        func spread(_ input: Input, _ graph: inout Graph) throws(GraphError) -> ValueID? {
            guard input.rawValue < inputs.count, let value = inputs[input.rawValue] else { return nil }
            guard let rank else { return value }
            return try graph.apply(Reshape([-1] + [Int](repeating: 1, count: rank - 2)), value)
        }
        var y = try graph.apply(Cast(to: .float32), sums)
        if let scales = try spread(.scales, &graph) { y = try graph.apply(Mul(), y, scales) }
        if let bias = try spread(.innerBias, &graph) { y = try graph.apply(Add(), y, bias) }
        if let rounding = self.rounding { y = try graph.dequantized(try graph.quantized(y, rounding), rounding) }
        if let bias = try spread(.bias, &graph) { y = try graph.apply(Add(), y, bias) }
        var residual = Input.residual.rawValue < inputs.count ? inputs[Input.residual.rawValue] : nil
        if let bytes = self.residual, let value = residual { residual = try graph.dequantized(value, bytes) }
        if let residual, self.residualPlace == .beforeActivation { y = try graph.apply(Add(), y, residual) }
        y = try self.activation.unfused(in: &graph, y)
        if let residual, self.residualPlace == .afterActivation { y = try graph.apply(Add(), y, residual) }
        if self.factor != 1 {
            y = try graph.apply(Mul(), y, graph.constant(Tensor([self.factor], shape: []), name: "factor"))
        }
        return try self.result.map { (bytes) throws(GraphError) in try graph.quantized(y, bytes) } ?? y
    }
}
