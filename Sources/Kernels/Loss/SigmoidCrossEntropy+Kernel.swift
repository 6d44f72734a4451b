import CKernels
package import Graph

#if canImport(Glibc)
    import Glibc
#endif

extension SigmoidCrossEntropy: Executable {
    package static let implementations: [Implementation<SigmoidCrossEntropy>] = [
        Implementation("simd") { _, problem in
            let elements = ElementLossProblem(
                logits: problem.input(0), positive: problem.optionalInput(2), mask: problem.optionalInput(3))
            guard elements.plan != nil else { return nil }
            return ClosureKernel(workspaceByteCount: elements.workspaceByteCount(perPiece: 2)) { call in
                let sums = elements.sums(call, perPiece: 2) { plan, pieces in
                    ck_sigmoid_cross_entropy(plan, call.input(0), call.input(1), call.weights(2), call.weights(3), pieces)
                }
                Self.store(sums[0], count: sums[1], call)
            }
        },
        Implementation("reference") { _, problem in
            let elements = ElementLossProblem(
                logits: problem.input(0), positive: problem.optionalInput(2), mask: problem.optionalInput(3))
            return ClosureKernel { call in
                let (x, y, positive, mask) = (call.input(0), call.input(1), call.weights(2), call.weights(3))
                var (sum, count) = (0.0, 0.0)
                for index in 0..<elements.count {
                    let offsets = elements.offsets(index)
                    guard mask[offsets.mask] != 0 else { continue }
                    let (logit, target) = (Double(x[index]), Double(y[index]))
                    let loss = Double(positive[offsets.positive]) * target * softplus(-logit) + (1 - target) * softplus(logit)
                    sum += Double(mask[offsets.mask]) * loss
                    count += Double(mask[offsets.mask])
                }
                Self.store(sum, count: count, call)
            }
        },
    ]

    private static func store(_ sum: Double, count: Double, _ call: KernelCall) {
        let (loss, total): (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) = (call.output(0), call.output(1))
        loss[0] = Float(sum / count)
        total[0] = Float(count)
    }
}

/// `log(1 + exp(x))`
private func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }
