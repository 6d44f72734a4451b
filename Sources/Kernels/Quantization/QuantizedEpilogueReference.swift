import Graph

/// The epilogue of a product of bytes, one sum at a time, in float32 as `QuantizedEpilogue` says.
struct QuantizedEpilogueReference: Sendable {
    private let epilogue: QuantizedEpilogue
    private let residual: ElementAccess
    private let result: ElementAccess

    init(_ epilogue: QuantizedEpilogue) {
        self.epilogue = epilogue
        self.residual = ElementAccess(epilogue.residual?.type ?? .float32)
        self.result = ElementAccess(epilogue.resultType)
    }

    /// Stores element `place` of the result.
    func store(_ sum: Int32, column: Int, place: Int, _ call: KernelCall) {
        var value = Float(sum) * call.columns(.scales, at: column, or: 1)
        value += call.columns(.innerBias, at: column, or: 0)
        if let rounding = self.epilogue.rounding { value = rounding.number(rounding.byte(value)) }
        value += call.columns(.bias, at: column, or: 0)
        let residual = self.residual(place, call)
        if let residual, self.epilogue.residualPlace == .beforeActivation { value += residual }
        value = Float(self.epilogue.activation.value(Double(value)))
        if let residual, self.epilogue.residualPlace == .afterActivation { value += residual }
        value *= self.epilogue.factor
        self.result.store(Double(self.epilogue.result?.byte(value) ?? value), call.outputs[0], place)
    }

    private func residual(_ place: Int, _ call: KernelCall) -> Float? {
        guard let pointer = call.optionalBytes(QuantizedEpilogue.Input.residual.rawValue) else { return nil }
        let value = Float(self.residual.double(pointer, place))
        return self.epilogue.residual?.number(value) ?? value
    }
}

extension ByteScale {
    /// The byte of a number; 0 for NaN.
    func byte(_ value: Float) -> Float {
        let quotient = (value / self.scale).rounded(.toNearestOrEven) + Float(self.zero)
        return quotient.isNaN ? 0 : min(max(quotient, Float(self.range.lowerBound)), Float(self.range.upperBound))
    }

    /// The number that a byte stands for.
    func number(_ byte: Float) -> Float { (byte - Float(self.zero)) * self.scale }
}

extension KernelCall {
    fileprivate func columns(_ input: QuantizedEpilogue.Input, at column: Int, or absent: Float) -> Float {
        self.optionalInput(input.rawValue)?[column] ?? absent
    }
}
