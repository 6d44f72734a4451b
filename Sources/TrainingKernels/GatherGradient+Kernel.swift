import CKernels
package import Graph
package import Kernels

extension GatherGradient: Executable {
    package static let implementations: [Implementation<GatherGradient>] = [
        Implementation("columns") { (op, problem) throws(KernelError) in
            let place = op.place
            let list = IndexList(op.name, problem.input(0), size: place.size)
            return ClosureKernel(workspaceByteCount: list.workspaceByteCount) { (call) throws(KernelError) in
                let indices = try list.resolve(call, input: 0)
                ck_scatter_add(place.outer, place.size, place.inner, list.count, indices, call.input(1), call.output(0))
            }
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let place = op.place
            let list = IndexList(op.name, problem.input(0), size: place.size)
            let rows = place.outer * list.count
            let total = problem.outputs[0].elementCount
            return ClosureKernel(workspaceByteCount: list.workspaceByteCount) { (call) throws(KernelError) in
                let indices = try list.resolve(call, input: 0)
                let dy = call.input(1)
                let dx = call.output(0)
                for element in 0..<total {
                    let (row, column) = (element / place.inner, element % place.inner)
                    var sum = 0.0
                    for source in 0..<rows where source / list.count * place.size + Int(indices[source % list.count]) == row {
                        sum += Double(dy[source * place.inner + column])
                    }
                    dx[element] = Float(sum)
                }
            }
        },
    ]

    private var place: (outer: Int, size: Int, inner: Int) {
        let axis = self.gather.axis < 0 ? self.gather.axis + self.shape.count : self.gather.axis
        return (self.shape[..<axis].reduce(1, *), self.shape[axis], self.shape[(axis + 1)...].reduce(1, *))
    }
}
