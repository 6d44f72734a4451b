package import Graph

extension ScaledDotProductAttention: Executable {
    package static var implementations: [Implementation<ScaledDotProductAttention>] {
        [
            Implementation("tiled") { (op, problem) in
                AttentionKernel.tiled(op.shape(problem), maskInput: 3, threads: problem.threads, subject: op.name)
            },
            Implementation("reference") { (op, problem) in AttentionKernel.reference(op.shape(problem), maskInput: 3) },
        ]
    }

    private func shape(_ problem: KernelProblem) -> AttentionShape {
        AttentionShape(
            self, q: problem.input(0), k: problem.input(1), v: problem.input(2), mask: problem.optionalInput(3))
    }
}
