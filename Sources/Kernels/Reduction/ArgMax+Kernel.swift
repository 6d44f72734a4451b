package import Graph

extension ArgMax: Executable {
    package static let implementations: [Implementation<ArgMax>] = [
        Implementation("rows") { (op, problem) throws(KernelError) in
            ArgKernel(problem, op.reduction, wantsLargest: true)
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            ArgReference(problem, op.reduction, wantsLargest: true)
        },
    ]
}
