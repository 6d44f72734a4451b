import CKernels
package import Graph
package import Kernels

extension SigmoidGradient: Executable {
    package static let implementations: [Implementation<SigmoidGradient>] = [
        Implementation("simd") { (_, problem) throws(KernelError) in ActivationGradientKernel(problem, ck_sigmoid_gradient) },
        Implementation("reference") { (_, problem) throws(KernelError) in
            BinaryReference(problem, { $1 * $0 * (1 - $0) })
        },
    ]
}
