package import Graph

extension Split: Executable {
    package static let implementations: [Implementation<Split>] = [
        Implementation("blocks") { (op, problem) throws(KernelError) in
            let input = problem.input(0)
            let strides = input.strides
            let axis = op.axis < 0 ? op.axis + input.rank : op.axis
            var start = 0
            var regions: [LayoutCopyKernel.Region] = []
            for (index, part) in problem.outputs.enumerated() {
                regions.append(
                    .init(
                        output: index, shape: part.shape, sourceOffset: start * strides[axis], source: strides,
                        destination: part.strides))
                start += part.shape[axis]
            }
            return LayoutCopyKernel(problem, regions)
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let input = problem.input(0)
            let axis = op.axis < 0 ? op.axis + input.rank : op.axis
            let inner = input.shape[(axis + 1)...].reduce(1, *)
            let total = input.shape[axis]
            var start = 0
            var parts: [MovementReference] = []
            for (index, part) in problem.outputs.enumerated() {
                let size = part.shape[axis]
                let begin = start
                parts.append(
                    MovementReference(problem, output: index) { element in
                        (0, (element / inner / size * total + begin + element / inner % size) * inner + element % inner)
                    })
                start += size
            }
            let kernels = parts
            return ClosureKernel { (call) throws(KernelError) in
                for kernel in kernels { kernel.run(call) }
            }
        },
    ]
}
