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
                },
                integer: { held($0, low, high) },
                unsigned: { held($0, low, high) })
        },
    ]
}

/// The integer between bounds; Doubles only decide where it is outside.
private func held<Number: FixedWidthInteger>(_ value: Number, _ low: Double, _ high: Double) -> Number {
    let raised = Double(value) < low ? Number(clamping: low) : value
    return Double(raised) > high ? Number(clamping: high) : raised
}

extension FixedWidthInteger {
    /// Towards zero; NaN, which no bound is, is 0.
    fileprivate init(clamping value: Double) {
        if value.isNaN {
            self = 0
        } else if value >= Double(Self.max) {
            self = .max
        } else {
            self = value <= Double(Self.min) ? .min : Self(value)
        }
    }
}
