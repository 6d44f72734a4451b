package import Graph

extension Gemm: Executable {
    package static let implementations: [Implementation<Gemm>] = [
        Implementation("blocked") { (op, problem) throws(KernelError) in
            guard problem.isFloat32 else { return nil }
            let product = try op.product(problem)
            let isBias = op.beta == 1 && problem.optionalInput(2)?.shape == [product.n]
            return try MatrixKernel(
                op.name, product, threads: problem.threads, transposeA: op.transA, transposeB: op.transB, alpha: op.alpha,
                bias: isBias ? 2 : nil, addend: isBias ? nil : op.addend(problem, product))
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let product = try op.product(problem)
            let type = problem.input(0).dataType
            let reference = MatrixReference(
                product, transposeA: op.transA, transposeB: op.transB, alpha: op.alpha, a: type, b: type, y: type)
            let addend = op.addend(problem, product)
            let access = ElementAccess(type)
            return ClosureKernel { call in
                let (a, b) = (call.input(0, as: UInt8.self), call.input(1, as: UInt8.self))
                guard let addend else { return reference.run(a, b, call.outputs[0]) { _, _ in 0 } }
                let c = UnsafeRawPointer(call.input(2, as: UInt8.self))
                reference.run(a, b, call.outputs[0]) { row, column in
                    Double(addend.factor) * access.double(c, row * addend.rowStride + column * addend.columnStride)
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
