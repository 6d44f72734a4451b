import CKernels
package import Graph

extension ConvTranspose: Executable {
    package static let implementations: [Implementation<ConvTranspose>] = [
        Implementation("onednn") { (op, problem) throws(KernelError) in
            guard problem.isFloat32, problem.outputs[0].elementCount > 0, problem.input(0).elementCount > 0 else { return nil }
            var spec = op.problem(problem).spec
            // The library has no direct kernel for groups of plain channels-first activations.
            spec.blocked = op.layout == .first && op.window.groups > 1
            let product = try ConvolutionKernel(
                op.name, CK_CONV_INPUT_GRADIENT, spec, ConvolutionKernel.Operands(w: 1, y: 0), problem)
            guard problem.optionalInput(2) != nil else { return product }
            guard let bias = op.biasPlan(problem.outputs[0].shape) else { return nil }
            return ClosureKernel(workspaceByteCount: product.workspaceByteCount) { (call) throws(KernelError) in
                try product.run(call)
                let y: UnsafeMutablePointer<Float> = call.output(0)
                withUnsafePointer(to: bias) { ck_add($0, y, call.input(2), y) }
            }
        },
        Implementation("reference") { op, problem in
            let reference = ConvolutionReference(op.problem(problem))
            let output = problem.outputs[0]
            let channelStride = output.strides[op.layout.channelAxis(rank: output.rank)]
            let channels = op.layout.split(output.shape).channels
            let access = ElementAccess(output.dataType)
            return ClosureKernel(workspaceByteCount: output.elementCount * MemoryLayout<Double>.stride) { call in
                guard let sums = call.workspace?.assumingMemoryBound(to: Double.self) else { return }
                let (x, w) = (call.bytes(0), call.bytes(1))
                reference.inputGradient({ access.double(x, $0) }, { access.double(w, $0) }, into: sums)
                for place in 0..<output.elementCount {
                    let bias = call.optionalBytes(2).map { access.double($0, place / channelStride % channels) }
                    access.store(sums[place] + (bias ?? 0), call.outputBytes(0), place)
                }
            }
        },
    ]

    /// The sizes of the convolution that this is the input gradient of.
    private func problem(_ problem: KernelProblem) -> ConvolutionProblem {
        ConvolutionProblem(
            window: self.window, layout: self.layout, x: problem.outputs[0].shape, w: problem.input(1).shape,
            y: problem.input(0).shape)
    }

    /// How the bias broadcasts to y.
    private func biasPlan(_ y: [Int]) -> ck_broadcast? {
        let trailing = y.count - 1 - self.layout.channelAxis(rank: y.count)
        let bias = [self.layout.split(y).channels] + [Int](repeating: 1, count: trailing)
        return ck_broadcast([y, bias], to: y)
    }
}
