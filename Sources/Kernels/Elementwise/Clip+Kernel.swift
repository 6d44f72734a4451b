import CKernels
package import Graph

extension Clip: Executable {
    package static let implementations: [Implementation<Clip>] = [
        Implementation("simd") { (op, problem) throws(KernelError) in
            UnaryKernel(problem, ck_clip, a: Float(op.min ?? -.infinity), b: Float(op.max ?? .infinity))
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let (low, high) = (op.min ?? -.infinity, op.max ?? .infinity)
            return UnaryReference(
                problem,
                { value in
                    let raised = value < low ? low : value
                    return raised > high ? high : raised
                })
        },
    ]
}
