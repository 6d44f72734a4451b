import CKernels
package import Graph

extension ReduceL2: Executable {
    package static let implementations: [Implementation<ReduceL2>] = [
        Implementation("simd") { (op, problem) throws(KernelError) in ReductionKernel(problem, op.reduction, ck_reduce_l2) },
        Implementation("reference") { (op, problem) throws(KernelError) in
            ReductionReference(
                problem, op.reduction, { $0 + $1 }, prepare: { $0 * $0 }, finish: { total, _ in total.squareRoot() })
        },
    ]
}
