import CKernels
package import Graph

extension QuantizedConv: Executable {
    package static let implementations: [Implementation<QuantizedConv>] = [
        Implementation("packed") { (op, problem) throws(KernelError) in try op.packed(problem) },
        Implementation("wide") { (op, problem) throws(KernelError) in
            guard op.layout == .last else { return nil }
            return try WideConvolutionKernel(
                op.window, x: problem.input(0), y: problem.outputs[0],
                (QuantizedEpilogue.leftZero(problem, fixed: op.xZero), .fixed(op.wZero)), op.epilogue.code,
                inPlaceInputs: op.epilogue.inPlaceInputs(problem), problem)
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let reference = IntegerConvolutionReference(
                op.window, layout: op.layout, x: problem.input(0), w: problem.input(1), y: problem.outputs[0])
            let epilogue = QuantizedEpilogueReference(op.epilogue)
            let (left, right) = (Int32(op.xZero), Int32(op.wZero))
            let zero = QuantizedEpilogue.zeroPoint(problem)
            return ClosureKernel { (call) throws(KernelError) in
                let zeros = (zero?.value(call) ?? left, right)
                reference.run(call.bytes(0), call.bytes(1)) { _ in
                    zeros
                } _: { place, channel, sum in
                    epilogue.store(sum, column: channel, place: place, call)
                }
            }
        },
    ]

    /// Patches times constant weights, packed.
    private func packed(_ problem: KernelProblem) throws(KernelError) -> (any Kernel)? {
        let weights = problem.input(1)
        guard self.layout == .last, self.window.groups == 1, self.epilogue.suitsPanels else { return nil }
        let isUnsigned = weights.dataType == .uint8
        var spec = self.epilogue.panels(problem, aZero: self.xZero)
        spec.take(
            ConvolutionProblem(
                window: self.window, layout: self.layout, x: problem.input(0).shape, w: weights.shape,
                y: problem.outputs[0].shape))
        spec.w_zero = Int32(self.wZero - (isUnsigned ? 128 : 0))
        var matrix = ck_panels_matrix(convolution: weights.shape)
        matrix.is_unsigned = isUnsigned
        return try PanelsKernel(spec, matrix, .quantized(problem), problem)
    }
}
