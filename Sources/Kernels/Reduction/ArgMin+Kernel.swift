package import Graph

extension ArgMin: Executable {
    package static let implementations: [Implementation<ArgMin>] = [
        Implementation("rows") { (op, problem) throws(KernelError) in
            ArgKernel(problem, op.reduction, wantsLargest: false)
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            ArgReference(problem, op.reduction, wantsLargest: false)
        },
    ]
}
