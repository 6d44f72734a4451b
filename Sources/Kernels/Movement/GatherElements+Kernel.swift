package import Graph

extension GatherElements: Executable {
    package static let implementations: [Implementation<GatherElements>] = [
        Implementation("reference") { (op, problem) throws(KernelError) in
            let places = ElementPlaces(op.name, problem, axis: op.axis)
            let size = problem.outputs[0].dataType.byteCount
            return ClosureKernel(workspaceByteCount: places.workspaceByteCount) { (call) throws(KernelError) in
                let indices = try places.resolve(call)
                let x = UnsafeRawPointer(call.input(0, as: UInt8.self))
                for element in 0..<places.count {
                    let source = x + places.offset(element, indices) * size
                    (call.outputs[0] + element * size).copyMemory(from: source, byteCount: size)
                }
            }
        }
    ]
}

/// The elements of input 0 that input 1 names by their places along an axis.
package struct ElementPlaces: Sendable {
    private let list: IndexList
    private let others: StridedIndex
    private let stride: Int

    package init(_ subject: String, _ problem: KernelProblem, axis: Int) {
        let data = problem.input(0)
        let axis = axis < 0 ? axis + data.rank : axis
        var strides = data.strides
        self.stride = strides[axis]
        strides[axis] = 0
        self.list = IndexList(subject, problem.input(1), size: data.shape[axis])
        self.others = StridedIndex(problem.input(1).shape, strides: [strides])
    }

    package var count: Int { self.list.count }

    package var workspaceByteCount: Int { self.list.workspaceByteCount }

    package func resolve(_ call: KernelCall) throws(KernelError) -> UnsafeMutablePointer<Int64> {
        try self.list.resolve(call, input: 1)
    }

    /// The element of input 0 that index `element` names.
    package func offset(_ element: Int, _ indices: UnsafeMutablePointer<Int64>) -> Int {
        self.others.offset(element, 0) + Int(indices[element]) * self.stride
    }
}
