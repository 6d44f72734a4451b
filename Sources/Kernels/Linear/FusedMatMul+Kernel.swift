import CKernels
package import Graph

extension FusedMatMul: Executable {
    package static let implementations: [Implementation<FusedMatMul>] = [
        Implementation("packed") { (op, problem) throws(KernelError) in try PackedMatrixKernel(op, problem) },
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

    fileprivate func product(_ problem: KernelProblem) throws(KernelError) -> MatrixProduct {
        do throws(GraphError) {
            return try self.product(problem.input(0), problem.input(1))
        } catch {
            throw KernelError(error)
        }
    }
}
