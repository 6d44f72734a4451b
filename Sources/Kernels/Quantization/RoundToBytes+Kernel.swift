import CKernels
package import Graph

extension RoundToBytes: Executable {
    package static let implementations: [Implementation<RoundToBytes>] = [
        Implementation("vector") { (op, problem) throws(KernelError) in
            let (count, bytes) = (problem.outputs[0].elementCount, ByteScale?.some(op.bytes).code)
            return ClosureKernel(inPlaceInputs: [0]) { (call) throws(KernelError) in
                withUnsafePointer(to: bytes) { ck_byte_round(count, call.input(0), $0, call.output(0)) }
            }
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let count = problem.outputs[0].elementCount
            return ClosureKernel(inPlaceInputs: [0]) { (call) throws(KernelError) in
                let (x, y) = (call.input(0), call.output(0))
                for index in 0..<count { y[index] = op.bytes.number(op.bytes.byte(x[index])) }
            }
        },
    ]
}
