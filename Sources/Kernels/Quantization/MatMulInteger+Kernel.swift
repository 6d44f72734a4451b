import CKernels
package import Graph

extension MatMulInteger: Executable {
    package static let implementations: [Implementation<MatMulInteger>] = [
        Implementation("wide") { (op, problem) throws(KernelError) in
            var epilogue = ck_byte_epilogue()
            epilogue.stores_sums = true
            let product: MatrixProduct
            do throws(GraphError) {
                product = try MatrixProduct(bytes: problem.input(0), problem.input(1), in: op.name)
            } catch {
                throw KernelError(error)
            }
            return try WideMatrixKernel(product, transposeB: false, (.input(2), .input(3)), epilogue, problem)
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let reference = try IntegerMatrixReference(problem.input(0), problem.input(1), in: op.name)
            let left = reference.spread(problem.optionalInput(2), .row)
            let right = reference.spread(problem.optionalInput(3), .column)
            return ClosureKernel { (call) throws(KernelError) in
                let (leftZero, rightZero) = (call.optionalRawInput(2), call.optionalRawInput(3))
                let y = call.output(0, as: Int32.self)
                reference.run(call.rawInput(0), call.rawInput(1)) { element in
                    func zero(_ spread: IntegerMatrixReference.Spread?, _ pointer: UnsafeRawPointer?) -> Int32 {
                        guard let spread, let pointer else { return 0 }
                        return Int32(spread.double(pointer, element))
                    }
                    return (zero(left, leftZero), zero(right, rightZero))
                } _: { element, sum in
                    y[element] = sum
                }
            }
        },
    ]
}
