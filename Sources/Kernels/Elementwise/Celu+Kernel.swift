package import Graph
#if canImport(Glibc)
    import Glibc
#endif

extension Celu: Executable {
    package static let implementations: [Implementation<Celu>] = [
        Implementation("reference") { (op, problem) throws(KernelError) in
            let alpha = Double(op.alpha)
            return UnaryReference(problem, { max(0, $0) + min(0, alpha * expm1($0 / alpha)) })
        }
    ]
}
