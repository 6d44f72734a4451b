import CKernels
package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Swish: Executable {
    package static let implementations: [Implementation<Swish>] = [
        Implementation("simd") { (op, problem) throws(KernelError) in UnaryKernel(problem, ck_swish, a: op.alpha) },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let alpha = Double(op.alpha)
            return UnaryReference(problem, { $0 / (1 + exp(-alpha * $0)) })
        },
    ]
}
