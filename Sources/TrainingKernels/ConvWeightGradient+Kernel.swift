import CKernels
package import Graph
package import Kernels

extension ConvWeightGradient: Executable {
    package static let implementations: [Implementation<ConvWeightGradient>] = [
        Implementation("onednn") { (op, problem) throws(KernelError) in
            try op.kernel(for: problem, isBlocked: op.prefersBlocks(problem))
        },
        Implementation("onednn-plain") { (op, problem) throws(KernelError) in
            try op.kernel(for: problem, isBlocked: false)
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
            window: self.window, layout: self.layout, x: problem.input(0).shape, w: self.weightShape, y: problem.input(1).shape)
    }

    /// Whether copying the activations into blocks of channels pays: the library's plain kernel skips along rows for strides
    /// and has too few positions per channel in small maps.
    private func prefersBlocks(_ problem: KernelProblem) -> Bool {
        let sizes = self.problem(problem)
        if sizes.window.groups > 1 { return self.layout == .first }
        guard sizes.inChannels >= 32 else { return false }
        let area = sizes.output.reduce(1, *)
        let isPointwise = sizes.kernel.allSatisfy { $0 == 1 }
        return isPointwise ? area <= 196 : area <= 49 || sizes.window.strides.contains { $0 > 1 }
    }

    private func kernel(for problem: KernelProblem, isBlocked: Bool) throws(KernelError) -> (any Kernel)? {
        guard problem.input(0).elementCount > 0, problem.input(1).elementCount > 0 else { return nil }
        var spec = self.problem(problem).spec
        spec.blocked = isBlocked
        let operands = ConvolutionKernel.Operands(x: 0, y: 1)
        return try ConvolutionKernel(self.name, CK_CONV_WEIGHT_GRADIENT, spec, operands, problem)
    }

    private func runReference(_ reference: ConvolutionReference, _ call: KernelCall) {
        let (x, dy, dw) = (call.input(0), call.input(1), call.output(0))
        guard let sums = call.workspace?.assumingMemoryBound(to: Double.self) else { return }
        let count = self.weightShape.reduce(1, *)
        for place in 0..<count { sums[place] = 0 }
        reference.eachOutput { n, o, position in
            let slope = Double(dy[reference.yOffset(n, o, position)])
            reference.eachProduct(n, o, position) { sums[$1] += slope * Double(x[$0]) }
        }
        for place in 0..<count { dw[place] = Float(sums[place]) }
    }
}
