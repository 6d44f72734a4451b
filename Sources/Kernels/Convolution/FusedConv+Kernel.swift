import CKernels
package import Graph

extension FusedConv: Executable {
    package static let implementations: [Implementation<FusedConv>] = [
        Implementation("onednn") { (op, problem) throws(KernelError) in
            try op.kernel(for: problem)
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let reference = ConvolutionReference(op.problem(problem))
            let access = ElementAccess(problem.outputs[0].dataType)
            return ClosureKernel { call in op.runReference(reference, access, call) }
        },
    ]

    /// The convolution by the library, nil when there is nothing to compute.
    fileprivate func kernel(for problem: KernelProblem) throws(KernelError) -> (any Kernel)? {
        guard problem.isFloat32, problem.outputs[0].elementCount > 0, problem.input(0).elementCount > 0 else { return nil }
        let hasBias = problem.optionalInput(2) != nil
        let hasResidual = problem.optionalInput(3) != nil
        var spec = self.problem(problem).spec
        spec.has_bias = hasBias
        spec.adds_to_output = hasResidual
        // The library has no direct kernel for groups of plain channels-first activations.
        spec.blocked = self.layout == .first && self.window.groups > 1 && !hasResidual
        spec.activation = self.activation.code
        let operands = ConvolutionKernel.Operands(x: 0, w: 1, bias: hasBias ? 2 : nil, residual: hasResidual ? 3 : nil)
        return try ConvolutionKernel(self.name, CK_CONV_FORWARD, spec, operands, problem)
    }

    fileprivate func problem(_ problem: KernelProblem) -> ConvolutionProblem {
        ConvolutionProblem(
            window: self.window, layout: self.layout, x: problem.input(0).shape, w: problem.input(1).shape,
            y: problem.outputs[0].shape)
    }

    fileprivate func runReference(_ reference: ConvolutionReference, _ access: ElementAccess, _ call: KernelCall) {
        let (x, w) = (call.bytes(0), call.bytes(1))
        let (bias, residual) = (call.optionalBytes(2), call.optionalBytes(3))
        reference.eachOutput { n, o, position in
            var sum = bias.map { access.double($0, o) } ?? 0
            reference.eachProduct(n, o, position) { sum += access.double(x, $0) * access.double(w, $1) }
            let place = reference.yOffset(n, o, position)
            let rest = residual.map { access.double($0, place) } ?? 0
            access.store(self.activation.value(sum + rest), call.outputBytes(0), place)
        }
    }
}

extension Conv: Executable {
    package static let implementations: [Implementation<Conv>] = FusedConv.implementations.map { implementation in
        Implementation(implementation.name) { (op, problem) throws(KernelError) in
            try implementation.make(FusedConv(window: op.window, layout: op.layout), problem)
        }
    }
}
