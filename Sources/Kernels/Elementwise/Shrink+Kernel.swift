package import Graph

extension Shrink: Executable {
    package static let implementations: [Implementation<Shrink>] = [
        Implementation("reference") { (op, problem) throws(KernelError) in
            let (bias, threshold) = (Double(op.bias), Double(op.threshold))
            return UnaryReference(problem, { $0 < -threshold ? $0 + bias : $0 > threshold ? $0 - bias : 0 })
        }
    ]
}
