import CKernels
package import Graph

extension ReduceMax: Executable {
    package static let implementations: [Implementation<ReduceMax>] = [
        Implementation("simd") { (op, problem) throws(KernelError) in ReductionKernel(problem, op.reduction, ck_reduce_max) },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let order = ElementOrder(problem.input(0).dataType)
            return ReductionReference(
                problem, op.reduction, identity: -.infinity, { $0 > $1 || $0.isNaN ? $0 : $1 }, integer: { order.larger($0, $1) })
        },
    ]
}
