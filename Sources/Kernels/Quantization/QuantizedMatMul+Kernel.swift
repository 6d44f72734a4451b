import CKernels
package import Graph

extension QuantizedMatMul: Executable {
    package static let implementations: [Implementation<QuantizedMatMul>] = [
        Implementation("packed") { (op, problem) throws(KernelError) in try op.packed(problem) },
        Implementation("wide") { (op, problem) throws(KernelError) in
            try WideMatrixKernel(
                try op.product(problem), transposeB: op.transposeB, .fixed(a: op.aZero, b: op.bZero), op.epilogue.code,
                inPlaceInputs: op.epilogue.inPlaceInputs(problem), problem)
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

    /// One constant matrix of int8 for all rows, packed.
    private func packed(_ problem: KernelProblem) throws(KernelError) -> (any Kernel)? {
        let weights = problem.input(1)
        guard weights.rank == 2, weights.dataType == .int8, self.bZero == 0 else { return nil }
        let (k, n) = self.transposeB ? (weights.shape[1], weights.shape[0]) : (weights.shape[0], weights.shape[1])
        var spec = self.epilogue.panels(problem, aZero: self.aZero)
        (spec.n, spec.k) = (n, k)
        spec.m = problem.outputs[0].elementCount / max(n, 1)
        return try PanelsKernel(
            spec, ck_panels_matrix(k: k, n: n, transposed: self.transposeB), .quantized(problem), problem)
    }

    private func product(_ problem: KernelProblem) throws(KernelError) -> MatrixProduct {
        do throws(GraphError) {
            return try self.product(problem.input(0), problem.input(1))
        } catch {
            throw KernelError(error)
        }
    }
}
