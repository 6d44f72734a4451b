import CKernels
package import Graph
package import Kernels

extension ReluGradient: Executable {
    package static let implementations: [Implementation<ReluGradient>] = [
        Implementation("simd") { (_, problem) throws(KernelError) in ActivationGradientKernel(problem, ck_relu_gradient) },
        Implementation("reference") { (_, problem) throws(KernelError) in
            BinaryReference(problem, { $0 > 0 ? $1 : 0 })
        },
    ]
}
