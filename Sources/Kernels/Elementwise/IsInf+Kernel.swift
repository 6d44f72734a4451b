package import Graph

extension IsInf: Executable {
    package static let implementations: [Implementation<IsInf>] = [
        Implementation("reference") { (op, problem) throws(KernelError) in
            let (low, high) = (op.detectsNegative, op.detectsPositive)
            return UnaryReference(problem, { $0.isInfinite && ($0 < 0 ? low : high) ? 1 : 0 })
        }
    ]
}
