import CKernels
package import Graph

extension ReduceSum: Executable {
    package static let implementations: [Implementation<ReduceSum>] = [
        Implementation("simd") { (op, problem) throws(KernelError) in ReductionKernel(problem, op.reduction, ck_reduce_sum) },
        Implementation("reference") { (op, problem) throws(KernelError) in
            ReductionReference(problem, op.reduction, { $0 + $1 }, integer: { $0 &+ $1 })
        },
    ]
}
