package import Graph

extension ReduceProd: Executable {
    package static let implementations: [Implementation<ReduceProd>] = [
        Implementation("reference") { (op, problem) throws(KernelError) in
            ReductionReference(problem, op.reduction, identity: 1, { $0 * $1 }, integer: { $0 &* $1 })
        }
    ]
}
