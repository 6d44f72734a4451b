import CKernels
package import Graph

extension FusedConv: Executable {
    package static let implementations: [Implementation<FusedConv>] = [
        Implementation("winograd") { (op, problem) throws(KernelError) in try op.winograd(problem) },
        Implementation("packed") { (op, problem) throws(KernelError) in try op.packed(problem) },
        Implementation("depthwise") { (op, problem) throws(KernelError) in
            try problem.optionalInput(4) == nil ? DepthwiseKernel(op, op.problem(problem), problem) : nil
        },
        Implementation("onednn") { (op, problem) throws(KernelError) in
            try op.kernel(for: problem)
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let reference = FusedConvReference(op, problem)
            return ClosureKernel { call in reference.run(call) }
        },
    ]

    /// The convolution by the library, nil when there is nothing to compute.
    fileprivate func kernel(for problem: KernelProblem) throws(KernelError) -> (any Kernel)? {
        guard problem.isFloat32, !self.readsBFloat16, problem.outputs[0].elementCount > 0,
            problem.input(0).elementCount > 0, problem.optionalInput(4) == nil
        else { return nil }
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

    /// The convolution as a product of patches with constant weights; nil where those kernels do not compute it.
    private func product(_ problem: KernelProblem) -> (spec: ck_panels_spec, operands: PanelsKernel.Operands)? {
        guard self.layout == .last, self.window.groups == 1, self.readsBFloat16 || problem.isFloat32 else { return nil }
        var spec = ck_panels_spec()
        spec.precision = self.precision == .bfloat16 ? CK_BFLOAT16 : CK_FLOAT32
        let sizes = self.problem(problem)
        spec.take(sizes)
        spec.a = problem.input(0).dataType.panelElement
        spec.y = self.result.panelElement
        spec.residual = (problem.optionalInput(3)?.dataType ?? .float32).panelElement
        spec.adds_first = true
        spec.activation = self.activation.code
        let operands = PanelsKernel.Operands(
            bias: problem.optionalInput(2).map { _ in 2 }, residual: problem.optionalInput(3).map { _ in 3 },
            gate: problem.optionalInput(4).map { _ in 4 })
        if operands.gate != nil {
            // Patches are not multiplied.
            guard !spec.has_patches else { return nil }
            spec.gate_rows = sizes.output.reduce(1, *)
        }
        return (spec, operands)
    }

    /// By Winograd's transform.
    fileprivate func winograd(_ problem: KernelProblem) throws(KernelError) -> (any Kernel)? {
        guard let (spec, operands) = self.product(problem) else { return nil }
        return try WinogradKernel(spec, self.window, operands, problem)
    }

    /// Patches times constant weights, packed.
    fileprivate func packed(_ problem: KernelProblem) throws(KernelError) -> (any Kernel)? {
        guard let (spec, operands) = self.product(problem) else { return nil }
        return try PanelsKernel(spec, ck_panels_matrix(convolution: problem.input(1).shape), operands, problem)
    }

    /// The sizes of the convolution.
    func problem(_ problem: KernelProblem) -> ConvolutionProblem {
        ConvolutionProblem(
            window: self.window, layout: self.layout, x: problem.input(0).shape, w: problem.input(1).shape,
            y: problem.outputs[0].shape)
    }
}

extension Conv: Executable {
    package static let implementations: [Implementation<Conv>] = FusedConv.implementations.map { implementation in
        Implementation(implementation.name) { (op, problem) throws(KernelError) in
            try implementation.make(FusedConv(window: op.window, layout: op.layout), problem)
        }
    }
}
