package import Graph

extension Expand: Executable {
    package static let implementations: [Implementation<Expand>] = [
        Implementation("blocks") { (_, problem) throws(KernelError) in
            let output = problem.outputs[0]
            let source = Broadcast.strides(of: problem.input(0).shape, as: output.shape)
            return LayoutCopyKernel(problem, [.init(shape: output.shape, source: source, destination: output.strides)])
        },
        Implementation("reference") { (_, problem) throws(KernelError) in
            let shape = problem.outputs[0].shape
            let index = StridedIndex(shape, strides: [Broadcast.strides(of: problem.input(0).shape, as: shape)])
            return MovementReference(problem) { (0, index.offset($0, 0)) }
        },
    ]
}
