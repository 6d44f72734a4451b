import CKernels
package import Graph
package import Kernels

#if canImport(Glibc)
    import Glibc
#endif

extension GeluGradient: Executable {
    package static let implementations: [Implementation<GeluGradient>] = [
        Implementation("simd") { (op, problem) throws(KernelError) in
            switch op.approximate {
            case .none: ActivationGradientKernel(problem, ck_gelu_gradient)
            case .tanh: ActivationGradientKernel(problem, ck_gelu_tanh_gradient)
            }
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            switch op.approximate {
            case .none:
                BinaryReference(problem) { (x, dy) in
                    dy * (0.5 * erfc(-x * 0.5.squareRoot()) + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot())
                }
            case .tanh:
                BinaryReference(problem) { (x, dy) in
                    let factor = (2 / Double.pi).squareRoot()
                    let t = tanh(factor * (x + 0.044715 * x * x * x))
                    return dy * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * factor * (1 + 3 * 0.044715 * x * x))
                }
            }
        },
    ]
}
