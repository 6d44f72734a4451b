import CKernels
package import Graph

extension QuantizedMatMul: Executable {
    package static let implementations: [Implementation<QuantizedMatMul>] = [
        Implementation("packed") { (op, problem) throws(KernelError) in try op.packed(problem) },
        Implementation("pairs") { (op, problem) throws(KernelError) in
            op.pairs(try op.product(problem), problem)
        },
        Implementation("wide") { (op, problem) throws(KernelError) in
            try WideMatrixKernel(
                try op.product(problem), transposeB: op.transposeB,
                (QuantizedEpilogue.leftZero(problem, fixed: op.aZero), .fixed(op.bZero)), op.epilogue.code,
                inPlaceInputs: op.epilogue.inPlaceInputs(problem), problem)
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let reference = try IntegerMatrixReference(
                problem.input(0), problem.input(1), transposeB: op.transposeB, in: op.name)
            let epilogue = QuantizedEpilogueReference(op.epilogue)
            let columns = try op.product(problem).n
            let (left, right) = (Int32(op.aZero), Int32(op.bZero))
            let zero = QuantizedEpilogue.zeroPoint(problem)
            return ClosureKernel { (call) throws(KernelError) in
                let zeros = (zero?.value(call) ?? left, right)
                reference.run(call.bytes(0), call.bytes(1)) { _ in
                    zeros
                } _: { element, sum in
                    epilogue.store(sum, column: element % columns, place: element, call)
                }
            }
        },
    ]

    /// One constant matrix for all rows, packed.
    private func packed(_ problem: KernelProblem) throws(KernelError) -> (any Kernel)? {
        let weights = problem.input(1)
        guard weights.rank == 2, self.epilogue.suitsPanels else { return nil }
        let isUnsigned = weights.dataType == .uint8
        let (k, n) = self.transposeB ? (weights.shape[1], weights.shape[0]) : (weights.shape[0], weights.shape[1])
        var spec = self.epilogue.panels(problem, aZero: self.aZero)
        (spec.n, spec.k) = (n, k)
        spec.m = problem.outputs[0].elementCount / max(n, 1)
        spec.w_zero = Int32(self.bZero - (isUnsigned ? 128 : 0))
        var matrix = ck_panels_matrix(k: k, n: n, transposed: self.transposeB)
        matrix.is_unsigned = isUnsigned
        return try PanelsKernel(spec, matrix, .quantized(problem), problem)
    }

    /// Right matrices that are packed in every run.
    private func pairs(_ product: MatrixProduct, _ problem: KernelProblem) -> (any Kernel)? {
        guard (1...WideMatrixKernel.mostDepth).contains(product.k), self.epilogue.suitsPanels,
            QuantizedEpilogue.zeroPoint(problem) == nil
        else { return nil }
        let isUnsigned = problem.input(1).dataType == .uint8
        var spec = self.epilogue.panels(problem, aZero: self.aZero)
        (spec.m, spec.n, spec.k) = (product.m, product.n, product.k)
        spec.w_zero = Int32(self.bZero - (isUnsigned ? 128 : 0))
        var matrix = ck_panels_matrix(k: product.k, n: product.n, transposed: self.transposeB)
        matrix.is_unsigned = isUnsigned
        return PanelPairsKernel(spec, matrix, offsets: product.batchOffsets, .quantized(problem), problem)
    }

    private func product(_ problem: KernelProblem) throws(KernelError) -> MatrixProduct {
        do throws(GraphError) {
            return try self.product(problem.input(0), problem.input(1))
        } catch {
            throw KernelError(error)
        }
    }
}
