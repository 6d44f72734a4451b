import CKernels
package import Graph

extension ReduceMin: Executable {
    package static let implementations: [Implementation<ReduceMin>] = [
        Implementation("simd") { (op, problem) throws(KernelError) in ReductionKernel(problem, op.reduction, ck_reduce_min) },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let order = ElementOrder(problem.input(0).dataType)
            return ReductionReference(
                problem, op.reduction, identity: .infinity, { $0 < $1 || $0.isNaN ? $0 : $1 }, integer: { order.smaller($0, $1) })
        },
    ]
}
