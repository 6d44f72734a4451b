package import Graph

extension ThresholdedRelu: Executable {
    package static let implementations: [Implementation<ThresholdedRelu>] = [
        Implementation("reference") { (op, problem) throws(KernelError) in
            let alpha = Double(op.alpha)
            return UnaryReference(problem, { $0 > alpha ? $0 : 0 })
        }
    ]
}
