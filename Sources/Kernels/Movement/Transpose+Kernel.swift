package import Graph

extension Transpose: Executable {
    package static let implementations: [Implementation<Transpose>] = [
        Implementation("blocks") { (op, problem) throws(KernelError) in
            LayoutCopyKernel(
                problem,
                [
                    .init(
                        shape: problem.outputs[0].shape, source: op.sourceStrides(problem.input(0)),
                        destination: problem.outputs[0].strides)
                ])
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let index = StridedIndex(problem.outputs[0].shape, strides: [op.sourceStrides(problem.input(0))])
            return MovementReference(problem) { (0, index.offset($0, 0)) }
        },
    ]

    /// The input's strides in the order of the output's axes.
    private func sourceStrides(_ input: TensorType) -> [Int] {
        let strides = input.strides
        return self.order(rank: input.rank).map { strides[$0] }
    }
}
