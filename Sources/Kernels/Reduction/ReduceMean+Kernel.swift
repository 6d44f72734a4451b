import CKernels
package import Graph

extension ReduceMean: Executable {
    package static let implementations: [Implementation<ReduceMean>] = [
        Implementation("simd") { (op, problem) throws(KernelError) in ReductionKernel(problem, op.reduction, ck_reduce_mean) },
        Implementation("reference") { (op, problem) throws(KernelError) in
            ReductionReference(problem, op.reduction, { $0 + $1 }, finish: { $0 / Double($1) })
        },
    ]
}
