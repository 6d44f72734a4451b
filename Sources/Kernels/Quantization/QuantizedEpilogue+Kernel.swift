import CKernels
import Graph

extension QuantizedEpilogue {
    /// The same on the C side.
    var code: ck_byte_epilogue {
        ck_byte_epilogue(
            rounding: self.rounding.code, residual: self.residual.code, result: self.result.code,
            activation: self.activation.code, residual_is_last: self.residualPlace == .afterActivation, factor: self.factor,
            stores_sums: false)
    }

    /// Packed products know a factor as part of a scale: only a result of bytes has one.
    var suitsPanels: Bool {
        guard self.factor != 1 else { return true }
        return self.result.map { ByteScale(scale: $0.scale / self.factor, zero: $0.zero, type: $0.type) != nil } ?? false
    }

    /// A packed product of int8 with this behind it, its sizes aside; for an epilogue that suits it.
    func panels(_ problem: KernelProblem, aZero: Int) -> ck_panels_spec {
        var spec = ck_panels_spec()
        spec.precision = CK_INTEGER8
        spec.a = problem.input(0).dataType.panelElement
        spec.a_zero = Int32(aZero)
        spec.finite = [Input.scales, .innerBias, .bias].allSatisfy { input in
            let place = input.rawValue
            return problem.optionalInput(place) == nil || problem.constants[place]?.isFinite ?? false
        }
        spec.y = self.resultType.panelElement
        spec.y_scale = self.result.panels
        // A factor makes the steps of the result smaller or larger.
        spec.y_scale.scale /= self.factor
        spec.residual = (self.residual?.type ?? .float32).panelElement
        spec.residual_scale = self.residual.panels
        spec.rounds = self.rounding != nil
        spec.rounded = (self.rounding?.type ?? .uint8).panelElement
        spec.rounding = self.rounding.panels
        spec.adds_first = self.residualPlace == .beforeActivation
        spec.activation = self.activation.code
        return spec
    }

    /// Inputs whose memory the result may take: a residual of the result's type.
    func inPlaceInputs(_ problem: KernelProblem) -> [Int] {
        let place = Input.residual.rawValue
        return problem.optionalInput(place)?.dataType == self.resultType ? [place] : []
    }
}

extension ByteScale? {
    /// The same on the C side, where a scale of 0 stands for none.
    var code: ck_byte_scale {
        guard let bytes = self else { return ck_byte_scale() }
        return ck_byte_scale(scale: bytes.scale, zero: Int32(bytes.zero), is_signed: bytes.type == .int8)
    }
}

extension ByteScale? {
    /// The same for packed products, where a scale of 1 stands for none.
    fileprivate var panels: ck_scale { ck_scale(scale: self?.scale ?? 1, zero: Int32(self?.zero ?? 0)) }
}

extension PanelsKernel.Operands {
    /// The inputs of a quantized product.
    static func quantized(_ problem: KernelProblem) -> PanelsKernel.Operands {
        func place(_ input: QuantizedEpilogue.Input) -> Int? { problem.optionalInput(input.rawValue).map { _ in input.rawValue } }
        return PanelsKernel.Operands(
            bias: place(.bias), residual: place(.residual), scales: place(.scales), innerBias: place(.innerBias),
            zeroPoint: QuantizedEpilogue.zeroPoint(problem))
    }
}

extension KernelCall {
    /// What the epilogue reads for each column.
    var byteColumns: ck_byte_columns {
        ck_byte_columns(
            scales: self.optionalInput(QuantizedEpilogue.Input.scales.rawValue),
            inner_bias: self.optionalInput(QuantizedEpilogue.Input.innerBias.rawValue),
            bias: self.optionalInput(QuantizedEpilogue.Input.bias.rawValue))
    }
}

extension PackStore {
    /// Constant bytes less their zero point as int16, arranged by `pack`.
    func widened(
        _ weights: Tensor, as arrangement: String, count: Int,
        pack: (UnsafeRawPointer, UnsafeMutablePointer<Int16>) -> Void
    ) throws(KernelError) -> Tensor {
        try self.pack(weights, as: "int16 \(arrangement)") { () throws(KernelError) in
            let packed = Tensor(zeros: TensorType(.int16, [count]))
            pack(weights.unalignedPointer, packed.rawPointer.assumingMemoryBound(to: Int16.self))
            withExtendedLifetime(weights.storage) {}
            return packed
        }
    }
}
