import CKernels
package import Graph

#if canImport(Glibc)
    import Glibc
#endif

extension Gelu: Executable {
    package static let implementations: [Implementation<Gelu>] = [
        Implementation("simd") { (op, problem) throws(KernelError) in
            switch op.approximate {
            case .none: UnaryKernel(problem, ck_gelu)
            case .tanh: UnaryKernel(problem, ck_gelu_tanh)
            }
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            switch op.approximate {
            case .none: UnaryReference(problem, { $0 / 2 * erfc(-$0 * 0.5.squareRoot()) })
            case .tanh:
                UnaryReference(problem, { $0 / 2 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) })
            }
        },
    ]
}
