import CKernels
package import Graph

extension Cast: Executable {
    package static let implementations: [Implementation<Cast>] = [
        Implementation("copy") { (op, problem) throws(KernelError) in
            problem.input(0).dataType == op.to ? CopyKernel(problem) : nil
        },
        Implementation("simd") { (op, problem) throws(KernelError) in
            guard problem.input(0).dataType == .bool, op.to == .float32 else { return nil }
            let count = problem.outputs[0].elementCount
            return ClosureKernel { (call) throws(KernelError) in
                ck_bool_to_float(count, call.input(0, as: UInt8.self), call.output(0))
            }
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let from = ElementAccess(problem.input(0).dataType)
            let to = ElementAccess(op.to)
            let count = problem.outputs[0].elementCount
            return ClosureKernel { (call) throws(KernelError) in
                let x = UnsafeRawPointer(call.input(0, as: UInt8.self))
                let y = UnsafeMutableRawPointer(call.output(0, as: UInt8.self))
                for index in 0..<count {
                    // Integers do not pass through Double, which has fewer digits than int64.
                    if from.isFloating {
                        to.store(from.double(x, index), y, index)
                    } else {
                        to.store(integer: from.integer(x, index), y, index)
                    }
                }
            }
        },
    ]
}
