import CKernels
package import Graph

extension LeakyRelu: Executable {
    package static let implementations: [Implementation<LeakyRelu>] = [
        Implementation("simd") { (op, problem) throws(KernelError) in
            UnaryKernel(problem, ck_leaky_relu, a: op.alpha)
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let alpha = Double(op.alpha)
            return UnaryReference(problem, { $0 < 0 ? alpha * $0 : $0 })
        },
    ]
}
