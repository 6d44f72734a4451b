import CKernels
package import Graph

extension HardSigmoid: Executable {
    package static let implementations: [Implementation<HardSigmoid>] = [
        Implementation("simd") { (op, problem) throws(KernelError) in
            UnaryKernel(problem, ck_hard_sigmoid, a: op.alpha, b: op.beta)
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let (alpha, beta) = (Double(op.alpha), Double(op.beta))
            return UnaryReference(
                problem,
                { x in
                    let y = alpha * x + beta
                    return y.isNaN ? y : max(0, min(1, y))
                })
        },
    ]
}
