package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Selu: Executable {
    package static let implementations: [Implementation<Selu>] = [
        Implementation("reference") { (op, problem) throws(KernelError) in
            let (alpha, gamma) = (Double(op.alpha), Double(op.gamma))
            return UnaryReference(problem, { gamma * ($0 > 0 ? $0 : alpha * expm1($0)) })
        }
    ]
}
