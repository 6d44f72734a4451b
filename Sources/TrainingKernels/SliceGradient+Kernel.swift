package import Graph
package import Kernels

extension SliceGradient: Executable {
    package static let implementations: [Implementation<SliceGradient>] = [
        Implementation("blocks") { (op, problem) throws(KernelError) in
            let place = op.slice.place(in: problem.outputs[0])
            let dy = problem.input(0)
            return LayoutCopyKernel(
                problem, fill: .zero,
                [.init(shape: dy.shape, source: dy.strides, destinationOffset: place.offset, destination: place.strides)])
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let place = op.slice.place(in: problem.outputs[0])
            let index = StridedIndex(problem.input(0).shape, strides: [place.strides])
            let size = problem.outputs[0].dataType.byteCount
            let byteCount = problem.outputs[0].byteCount
            return ClosureKernel { (call) throws(KernelError) in
                let dx = call.outputs[0]
                dx.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
                let dy = UnsafeRawPointer(call.input(0, as: UInt8.self))
                for element in 0..<index.count {
                    let to = place.offset + index.offset(element, 0)
                    (dx + to * size).copyMemory(from: dy + element * size, byteCount: size)
                }
            }
        },
    ]
}
