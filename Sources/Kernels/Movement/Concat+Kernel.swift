package import Graph

extension Concat: Executable {
    package static let implementations: [Implementation<Concat>] = [
        Implementation("blocks") { (op, problem) throws(KernelError) in
            let output = problem.outputs[0]
            let strides = output.strides
            let axis = op.axis < 0 ? op.axis + output.rank : op.axis
            var start = 0
            var regions: [LayoutCopyKernel.Region] = []
            for index in problem.inputs.indices {
                let input = problem.input(index)
                regions.append(
                    .init(
                        input: index, shape: input.shape, source: input.strides, destinationOffset: start * strides[axis],
                        destination: strides))
                start += input.shape[axis]
            }
            return LayoutCopyKernel(problem, regions)
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let output = problem.outputs[0]
            let axis = op.axis < 0 ? op.axis + output.rank : op.axis
            let inner = output.shape[(axis + 1)...].reduce(1, *)
            let sizes = problem.inputs.indices.map { problem.input($0).shape[axis] }
            let total = output.shape[axis]
            return MovementReference(problem) { element in
                var position = element / inner % total
                var input = 0
                while position >= sizes[input] {
                    position -= sizes[input]
                    input += 1
                }
                return (input, (element / inner / total * sizes[input] + position) * inner + element % inner)
            }
        },
    ]
}
