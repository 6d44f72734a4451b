package import Graph

extension MatMul: Executable {
    package static let implementations: [Implementation<MatMul>] = [
        Implementation("blocked") { (op, problem) throws(KernelError) in
            guard problem.isFloat32 else { return nil }
            return try MatrixKernel(op.name, try op.product(problem), threads: problem.threads)
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let type = problem.input(0).dataType
            let reference = MatrixReference(try op.product(problem), a: type, b: type, y: type)
            return ClosureKernel { call in
                reference.run(call.input(0, as: UInt8.self), call.input(1, as: UInt8.self), call.outputs[0]) { _, _ in 0 }
            }
        },
    ]

    private func product(_ problem: KernelProblem) throws(KernelError) -> MatrixProduct {
        do throws(GraphError) {
            return try MatrixProduct(problem.input(0), problem.input(1), in: self.name)
        } catch {
            throw KernelError(error)
        }
    }
}
