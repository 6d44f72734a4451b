import CKernels
package import Graph
package import Kernels

#if canImport(Glibc)
    import Glibc
#endif

extension SigmoidCrossEntropyGradient: Executable {
    package static let implementations: [Implementation<SigmoidCrossEntropyGradient>] = [
        Implementation("simd") { _, problem in
            let elements = ElementLossProblem(
                logits: problem.input(2), positive: problem.optionalInput(4), mask: problem.optionalInput(5))
            guard let plan = elements.plan else { return nil }
            return ClosureKernel { call in
                let factor = call.input(0)[0] / call.input(1)[0]
                withUnsafePointer(to: plan) {
                    ck_sigmoid_cross_entropy_gradient(
                        $0, call.input(2), call.input(3), call.weights(4), call.weights(5), factor, call.output(0))
                }
            }
        },
        Implementation("reference") { _, problem in
            let elements = ElementLossProblem(
                logits: problem.input(2), positive: problem.optionalInput(4), mask: problem.optionalInput(5))
            return ClosureKernel { call in
                let factor = Double(call.input(0)[0]) / Double(call.input(1)[0])
                let (x, y, positive, mask) = (call.input(2), call.input(3), call.weights(4), call.weights(5))
                let dx: UnsafeMutablePointer<Float> = call.output(0)
                for index in 0..<elements.count {
                    let offsets = elements.offsets(index)
                    let (logit, target) = (Double(x[index]), Double(y[index]))
                    let (p, q) = (1 / (1 + exp(-logit)), 1 / (1 + exp(logit)))
                    let slope = (1 - target) * p - Double(positive[offsets.positive]) * target * q
                    let weight = Double(mask[offsets.mask])
                    dx[index] = weight == 0 ? 0 : Float(factor * weight * slope)
                }
            }
        },
    ]
}
