import CKernels
import Graph

/// Output 0 is input 0, byte for byte; nothing when the memory is the same.
package struct CopyKernel: Kernel {
    private let plan: ck_layout_copy

    package init(_ problem: KernelProblem) {
        self.plan = ck_layout_copy(bytes: problem.outputs[0].byteCount)
    }

    package var inPlaceInputs: [Int] { [0] }

    package func run(_ call: KernelCall) {
        let source = call.input(0, as: UInt8.self)
        let destination = call.output(0, as: UInt8.self)
        guard source != UnsafePointer(destination) else { return }
        withUnsafePointer(to: self.plan) { ck_copy($0, source, destination) }
    }
}
