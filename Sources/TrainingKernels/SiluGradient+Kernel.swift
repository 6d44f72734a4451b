import CKernels
package import Graph
package import Kernels

#if canImport(Glibc)
    import Glibc
#endif

extension SiluGradient: Executable {
    package static let implementations: [Implementation<SiluGradient>] = [
        Implementation("simd") { (_, problem) throws(KernelError) in ActivationGradientKernel(problem, ck_silu_gradient) },
        Implementation("reference") { (_, problem) throws(KernelError) in
            BinaryReference(
                problem,
                { (x, dy) in
                    let s = 1 / (1 + exp(-x))
                    return dy * s * (1 + x * (1 - s))
                })
        },
    ]
}
