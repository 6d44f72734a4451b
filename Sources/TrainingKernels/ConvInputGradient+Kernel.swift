import CKernels
package import Graph
package import Kernels

extension ConvInputGradient: Executable {
    package static let implementations: [Implementation<ConvInputGradient>] = [
        Implementation("onednn") { (op, problem) throws(KernelError) in
            // The library has no direct kernel for groups of plain channels-first activations.
            try op.kernel(for: problem, isBlocked: op.layout == .first && op.window.groups > 1)
        },
        Implementation("onednn-blocked") { (op, problem) throws(KernelError) in
            try op.kernel(for: problem, isBlocked: true)
        },
        Implementation("reference") { op, problem in
            let reference = ConvolutionReference(op.problem(problem))
            let byteCount = problem.outputs[0].elementCount * MemoryLayout<Double>.stride
            return ClosureKernel(workspaceByteCount: byteCount) { call in op.runReference(reference, call) }
        },
    ]

    private func problem(_ problem: KernelProblem) -> ConvolutionProblem {
        ConvolutionProblem(
            window: self.window, layout: self.layout, x: self.inputShape, w: problem.input(1).shape, y: problem.input(0).shape)
    }

    private func kernel(for problem: KernelProblem, isBlocked: Bool) throws(KernelError) -> (any Kernel)? {
        guard problem.outputs[0].elementCount > 0, problem.input(0).elementCount > 0 else { return nil }
        var spec = self.problem(problem).spec
        spec.blocked = isBlocked
        let operands = ConvolutionKernel.Operands(w: 1, y: 0)
        return try ConvolutionKernel(self.name, CK_CONV_INPUT_GRADIENT, spec, operands, problem)
    }

    private func runReference(_ reference: ConvolutionReference, _ call: KernelCall) {
        let dx = call.output(0)
        guard let sums = call.workspace?.assumingMemoryBound(to: Double.self) else { return }
        reference.inputGradient(call.input(0), call.input(1), into: sums)
        for place in 0..<self.inputShape.reduce(1, *) { dx[place] = Float(sums[place]) }
    }
}
