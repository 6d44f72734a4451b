package import Graph

extension Gemm: Executable {
    package static let implementations: [Implementation<Gemm>] = [
        Implementation("blocked") { (op, problem) throws(KernelError) in
            let product = try op.product(problem)
            let isBias = op.beta == 1 && problem.optionalInput(2)?.shape == [product.n]
            return try MatrixKernel(
                op.name, product, threads: problem.threads, transposeA: op.transA, transposeB: op.transB, alpha: op.alpha,
                bias: isBias ? 2 : nil, addend: isBias ? nil : op.addend(problem, product))
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let product = try op.product(problem)
            let reference = MatrixReference(product, transposeA: op.transA, transposeB: op.transB, alpha: op.alpha)
            let addend = op.addend(problem, product)
            return ClosureKernel { call in
                guard let addend else {
                    return reference.run(call.input(0, as: UInt8.self), call.input(1), call.outputs[0]) { _, _ in 0 }
                }
                let c = call.input(2)
                reference.run(call.input(0, as: UInt8.self), call.input(1), call.outputs[0]) { row, column in
                    Double(addend.factor) * Double(c[row * addend.rowStride + column * addend.columnStride])
                }
            }
        },
    ]

    private func product(_ problem: KernelProblem) throws(KernelError) -> MatrixProduct {
        do throws(GraphError) {
            return try MatrixProduct(
                problem.input(0), problem.input(1), transposeA: self.transA, transposeB: self.transB, in: self.name)
        } catch {
            throw KernelError(error)
        }
    }

    private func addend(_ problem: KernelProblem, _ product: MatrixProduct) -> MatrixKernel.Addend? {
        guard let c = problem.optionalInput(2) else { return nil }
        let strides = Broadcast.strides(of: c.shape, as: [product.m, product.n])
        return MatrixKernel.Addend(input: 2, factor: self.beta, rowStride: strides[0], columnStride: strides[1])
    }
}
