import CKernels
package import Graph
package import Kernels

extension DropoutGradient: Executable {
    package static let implementations: [Implementation<DropoutGradient>] = [
        Implementation("simd") { (op, problem) throws(KernelError) in
            let count = problem.outputs[0].elementCount
            let scale = 1 / (1 - op.ratio)
            return ClosureKernel(inPlaceInputs: [0]) { (call) throws(KernelError) in
                ck_dropout_backward(count, call.input(0), call.input(1, as: UInt8.self), scale, call.output(0))
            }
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let count = problem.outputs[0].elementCount
            let scale = 1 / (1 - Double(op.ratio))
            return ClosureKernel { (call) throws(KernelError) in
                for index in 0..<count {
                    let keep = call.input(1, as: UInt8.self)[index] != 0
                    call.output(0)[index] = keep ? Float(Double(call.input(0)[index]) * scale) : 0
                }
            }
        },
    ]
}
