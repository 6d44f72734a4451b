import CKernels
package import Graph

extension Where: Executable {
    package static let implementations: [Implementation<Where>] = [
        Implementation("simd") { (_, problem) throws(KernelError) in WhereKernel(problem) },
        Implementation("reference") { (_, problem) throws(KernelError) in WhereReference(problem) },
    ]
}

/// Elements of 4 bytes, chosen in C.
private struct WhereKernel: Kernel {
    private let plan: ck_broadcast
    let inPlaceInputs: [Int]

    init?(_ problem: KernelProblem) {
        let output = problem.outputs[0]
        guard output.dataType.byteCount == 4,
            let plan = ck_broadcast((0..<3).map { problem.input($0).shape }, to: output.shape)
        else { return nil }
        self.plan = plan
        self.inPlaceInputs = [1, 2].filter { problem.input($0) == output }
    }

    func run(_ call: KernelCall) {
        withUnsafePointer(to: self.plan) { plan in
            ck_where(
                plan, call.input(0, as: UInt8.self), call.input(1, as: UInt32.self), call.input(2, as: UInt32.self),
                call.output(0, as: UInt32.self))
        }
    }
}

private struct WhereReference: Kernel {
    private let index: StridedIndex
    private let size: Int

    init(_ problem: KernelProblem) {
        let shape = problem.outputs[0].shape
        self.index = StridedIndex(shape, strides: (0..<3).map { Broadcast.strides(of: problem.input($0).shape, as: shape) })
        self.size = problem.outputs[0].dataType.byteCount
    }

    func run(_ call: KernelCall) {
        let condition = call.input(0, as: UInt8.self)
        let y = UnsafeMutableRawPointer(call.output(0, as: UInt8.self))
        for element in 0..<self.index.count {
            let input = condition[self.index.offset(element, 0)] == 0 ? 2 : 1
            let source = UnsafeRawPointer(call.input(input, as: UInt8.self)) + self.index.offset(element, input) * self.size
            (y + element * self.size).copyMemory(from: source, byteCount: self.size)
        }
    }
}
