package import Graph
package import Kernels

extension ScaledDotProductAttentionGradient: Executable {
    package static var implementations: [Implementation<ScaledDotProductAttentionGradient>] {
        [
            Implementation("tiled") { (op, problem) in
                AttentionGradientKernel.tiled(op.shape(problem), threads: problem.threads, subject: op.name)
            },
            Implementation("reference") { (op, problem) in AttentionGradientKernel.reference(op.shape(problem)) },
        ]
    }

    private func shape(_ problem: KernelProblem) -> AttentionShape {
        AttentionShape(
            self.forward, q: problem.input(0), k: problem.input(1), v: problem.input(2), mask: problem.optionalInput(4))
    }
}
