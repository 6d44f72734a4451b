import CKernels
package import Graph

extension Gather: Executable {
    package static let implementations: [Implementation<Gather>] = [
        Implementation("rows") { (op, problem) throws(KernelError) in
            let data = problem.input(0)
            let axis = op.axis < 0 ? op.axis + data.rank : op.axis
            let list = IndexList(op.name, problem.input(1), size: data.shape[axis])
            let outer = data.shape[..<axis].reduce(1, *)
            let size = data.shape[axis]
            let row = data.shape[(axis + 1)...].reduce(1, *) * data.dataType.byteCount
            return ClosureKernel(workspaceByteCount: list.workspaceByteCount) { (call) throws(KernelError) in
                let indices = try list.resolve(call, input: 1)
                ck_gather(outer, size, row, list.count, indices, call.input(0, as: UInt8.self), call.outputs[0])
            }
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let data = problem.input(0)
            let axis = op.axis < 0 ? op.axis + data.rank : op.axis
            let size = data.shape[axis]
            let inner = data.shape[(axis + 1)...].reduce(1, *)
            let list = IndexList(op.name, problem.input(1), size: size)
            let bytes = data.dataType.byteCount
            let total = problem.outputs[0].elementCount
            return ClosureKernel(workspaceByteCount: list.workspaceByteCount) { (call) throws(KernelError) in
                let indices = try list.resolve(call, input: 1)
                let x = UnsafeRawPointer(call.input(0, as: UInt8.self))
                for element in 0..<total {
                    let row = element / inner
                    let from = (row / list.count * size + Int(indices[row % list.count])) * inner + element % inner
                    (call.outputs[0] + element * bytes).copyMemory(from: x + from * bytes, byteCount: bytes)
                }
            }
        },
    ]
}
