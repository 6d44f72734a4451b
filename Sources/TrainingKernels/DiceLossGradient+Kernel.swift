import CKernels
package import Graph
package import Kernels

#if canImport(Glibc)
    import Glibc
#endif

extension DiceLossGradient: Executable {
    package static let implementations: [Implementation<DiceLossGradient>] = [
        Implementation("simd") { _, problem in
            let elements = ElementLossProblem(logits: problem.input(2), positive: nil, mask: problem.optionalInput(4))
            guard let plan = elements.plan else { return nil }
            return ClosureKernel { call in
                let (a, b) = Self.slopes(call)
                withUnsafePointer(to: plan) {
                    ck_dice_gradient($0, call.input(2), call.input(3), call.weights(4), Float(a), Float(b), call.output(0))
                }
            }
        },
        Implementation("reference") { _, problem in
            let elements = ElementLossProblem(logits: problem.input(2), positive: nil, mask: problem.optionalInput(4))
            return ClosureKernel { call in
                let (a, b) = Self.slopes(call)
                let (x, y, mask) = (call.input(2), call.input(3), call.weights(4))
                let dx: UnsafeMutablePointer<Float> = call.output(0)
                for index in 0..<elements.count {
                    let weight = Double(mask[elements.offsets(index).mask])
                    let p = 1 / (1 + exp(-Double(x[index])))
                    dx[index] = weight == 0 ? 0 : Float(weight * (a * Double(y[index]) + b * p) * p * (1 - p))
                }
            }
        },
    ]

    /// The factors a and b of d loss / d p = m (a y + b p), times the loss's gradient.
    private static func slopes(_ call: KernelCall) -> (Double, Double) {
        let (upstream, parts) = (Double(call.input(0)[0]), call.input(1))
        let (numerator, denominator) = (Double(parts[0]), Double(parts[1]))
        return (-2 * upstream / denominator, 2 * upstream * numerator / (denominator * denominator))
    }
}
