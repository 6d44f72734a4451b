package import Graph

extension QuantizedMatMul: Executable {
    package static let implementations: [Implementation<QuantizedMatMul>] = [
        Implementation("wide") { (op, problem) throws(KernelError) in
            try WideMatrixKernel(op, try op.product(problem), problem)
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let reference = try IntegerMatrixReference(
                problem.input(0), problem.input(1), transposeB: op.transposeB, in: op.name)
            let epilogue = QuantizedEpilogueReference(op.epilogue)
            let columns = try op.product(problem).n
            let zeros = (Int32(op.aZero), Int32(op.bZero))
            return ClosureKernel { (call) throws(KernelError) in
                reference.run(call.bytes(0), call.bytes(1)) { _ in
                    zeros
                } _: { element, sum in
                    epilogue.store(sum, column: element % columns, place: element, call)
                }
            }
        },
    ]

    private func product(_ problem: KernelProblem) throws(KernelError) -> MatrixProduct {
        do throws(GraphError) {
            return try self.product(problem.input(0), problem.input(1))
        } catch {
            throw KernelError(error)
        }
    }
}
