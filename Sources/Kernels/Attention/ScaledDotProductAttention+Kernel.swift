import CKernels
package import Graph

extension ScaledDotProductAttention: Executable {
    package static var implementations: [Implementation<ScaledDotProductAttention>] {
        [
            Implementation("tiled") { (op, problem) in
                guard problem.input(0).dataType != .bfloat16 || ck_bf16_available() else { return nil }
                return AttentionKernel.tiled(op.shape(problem), maskInput: 3, threads: problem.threads, subject: op.name)
            },
            Implementation("reference") { (op, problem) in AttentionKernel.reference(op.shape(problem), maskInput: 3) },
        ]
    }

    private func shape(_ problem: KernelProblem) -> AttentionShape {
        let grid = problem.optionalInput(4).flatMap { rows in
            problem.optionalInput(5).map { (rows: rows.shape[3], columns: $0.shape[3]) }
        }
        return AttentionShape(
            self, q: problem.input(0), k: problem.input(1), v: problem.input(2), mask: problem.optionalInput(3), grid: grid)
    }
}
