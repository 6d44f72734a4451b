import CKernels
import Graph

/// Products of many pairs of matrices of bytes, neither of which is known before; the right ones are packed in every run.
final class PanelPairsKernel: Kernel, @unchecked Sendable {
    private let spec: ck_panels_spec
    private let matrix: ck_panels_matrix
    private let offsets: (left: [Int], right: [Int])
    private let operands: PanelsKernel.Operands
    let workspaceByteCount: Int
    let inPlaceInputs: [Int]

    /// Nil where the CPU lacks the instructions or nothing is to be computed.
    /// - Parameters:
    ///   - spec: everything but the threads.
    ///   - matrix: how a right matrix lies.
    ///   - offsets: where the matrices of each pair begin.
    init?(
        _ spec: ck_panels_spec, _ matrix: ck_panels_matrix, offsets: (left: [Int], right: [Int]),
        _ operands: PanelsKernel.Operands, _ problem: KernelProblem
    ) {
        guard ck_panels_available(spec.precision), spec.m > 0, spec.n > 0, spec.k > 0, !offsets.left.isEmpty else { return nil }
        var spec = spec
        spec.threads = problem.threads
        self.spec = spec
        self.matrix = matrix
        self.offsets = offsets
        self.operands = operands
        self.workspaceByteCount = withUnsafePointer(to: spec) { ck_panels_pairs_workspace($0) }
        self.inPlaceInputs = spec.residual == spec.y ? operands.residual.map { [$0] } ?? [] : []
    }

    func run(_ call: KernelCall) {
        var pointers = self.operands.pointers(call)
        var matrix = self.matrix
        matrix.w = call.bytes(self.operands.weights)
        withUnsafePointer(to: self.spec) { spec in
            ck_panels_run_pairs(spec, &pointers, &matrix, self.offsets.left.count, self.offsets.left, self.offsets.right)
        }
    }
}
