import CKernels
package import Graph
package import Kernels

extension TanhGradient: Executable {
    package static let implementations: [Implementation<TanhGradient>] = [
        Implementation("simd") { (_, problem) throws(KernelError) in ActivationGradientKernel(problem, ck_tanh_gradient) },
        Implementation("reference") { (_, problem) throws(KernelError) in
            BinaryReference(problem, { $1 * (1 - $0 * $0) })
        },
    ]
}
