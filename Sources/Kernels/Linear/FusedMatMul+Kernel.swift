import CKernels
package import Graph

extension FusedMatMul: Executable {
    package static let implementations: [Implementation<FusedMatMul>] = [
        Implementation("packed") { (op, problem) throws(KernelError) in try op.packed(problem) },
        Implementation("blocked") { (op, problem) throws(KernelError) in
            guard op.precision == .float32 else { return nil }
            return try MatrixKernel(
                op.name, try op.product(problem), threads: problem.threads, transposeA: op.transposeA,
                transposeB: op.transposeB, alpha: op.alpha, activation: op.activation,
                bias: problem.optionalInput(2) == nil ? nil : 2, residual: problem.optionalInput(3) == nil ? nil : 3)
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let reference = MatrixReference(
                try op.product(problem), transposeA: op.transposeA, transposeB: op.transposeB, alpha: op.alpha,
                activation: op.activation, precision: op.precision, a: problem.input(0).dataType,
                residual: problem.optionalInput(3)?.dataType ?? .float32, y: op.result)
            return ClosureKernel { call in
                let bias = call.optionalInput(2)
                reference.run(
                    call.input(0, as: UInt8.self), call.input(1, as: UInt8.self), call.outputs[0],
                    residual: call.optionalInput(3, as: UInt8.self).map { UnsafeRawPointer($0) }
                ) { _, column in
                    Double(bias?[column] ?? 0)
                }
            }
        },
    ]

    /// One constant matrix for all rows, packed.
    fileprivate func packed(_ problem: KernelProblem) throws(KernelError) -> (any Kernel)? {
        let weights = problem.input(1)
        guard weights.rank == 2, !self.transposeA, self.readsBFloat16 || problem.isFloat32 else { return nil }
        let (k, n) = self.transposeB ? (weights.shape[1], weights.shape[0]) : (weights.shape[0], weights.shape[1])
        var spec = ck_panels_spec()
        spec.precision = self.precision == .bfloat16 ? CK_BFLOAT16 : CK_FLOAT32
        (spec.n, spec.k) = (n, k)
        spec.m = problem.outputs[0].elementCount / max(n, 1)
        spec.a = problem.input(0).dataType.panelElement
        spec.y = self.result.panelElement
        spec.residual = (problem.optionalInput(3)?.dataType ?? .float32).panelElement
        spec.activation = self.activation.code
        let operands = PanelsKernel.Operands(
            bias: problem.optionalInput(2).map { _ in 2 }, residual: problem.optionalInput(3).map { _ in 3 })
        return try PanelsKernel(
            spec, ck_panels_matrix(k: k, n: n, transposed: self.transposeB, alpha: self.alpha), operands, problem)
    }

    fileprivate func product(_ problem: KernelProblem) throws(KernelError) -> MatrixProduct {
        do throws(GraphError) {
            return try self.product(problem.input(0), problem.input(1))
        } catch {
            throw KernelError(error)
        }
    }
}
