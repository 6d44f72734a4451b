import CKernels
package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Elu: Executable {
    package static let implementations: [Implementation<Elu>] = [
        Implementation("simd") { (op, problem) throws(KernelError) in UnaryKernel(problem, ck_elu, a: op.alpha) },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let alpha = Double(op.alpha)
            return UnaryReference(problem, { $0 < 0 ? alpha * expm1($0) : $0 })
        },
    ]
}
