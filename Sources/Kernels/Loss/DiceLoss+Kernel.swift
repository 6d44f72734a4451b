import CKernels
package import Graph

#if canImport(Glibc)
    import Glibc
#endif

extension DiceLoss: Executable {
    package static let implementations: [Implementation<DiceLoss>] = [
        Implementation("simd") { op, problem in
            let elements = ElementLossProblem(logits: problem.input(0), positive: nil, mask: problem.optionalInput(2))
            guard elements.plan != nil else { return nil }
            return ClosureKernel(workspaceByteCount: elements.workspaceByteCount(perPiece: 3)) { call in
                let sums = elements.sums(call, perPiece: 3) { plan, pieces in
                    ck_dice(plan, call.input(0), call.input(1), call.weights(2), pieces)
                }
                op.store(both: sums[0], squares: sums[1] + sums[2], call)
            }
        },
        Implementation("reference") { op, problem in
            let elements = ElementLossProblem(logits: problem.input(0), positive: nil, mask: problem.optionalInput(2))
            return ClosureKernel { call in
                let (x, y, mask) = (call.input(0), call.input(1), call.weights(2))
                var (both, squares) = (0.0, 0.0)
                for index in 0..<elements.count {
                    let weight = Double(mask[elements.offsets(index).mask])
                    guard weight != 0 else { continue }
                    let (p, target) = (1 / (1 + exp(-Double(x[index]))), Double(y[index]))
                    both += weight * p * target
                    squares += weight * (p * p + target * target)
                }
                op.store(both: both, squares: squares, call)
            }
        },
    ]

    private func store(both: Double, squares: Double, _ call: KernelCall) {
        let (numerator, denominator) = (2 * both + self.smooth, squares + self.smooth)
        let (loss, parts): (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) = (call.output(0), call.output(1))
        loss[0] = Float(1 - numerator / denominator)
        parts[0] = Float(numerator)
        parts[1] = Float(denominator)
    }
}
