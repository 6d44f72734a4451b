import CKernels
import Graph

/// A product of rows with one constant matrix, rounded to bfloat16 and summed in float32, with its epilogue.
///
/// The matrix is packed once, half its size in float32.
final class BFloat16MatrixKernel: Kernel, @unchecked Sendable {
    private let spec: ck_bf16_matmul
    private let packed: Tensor
    private let hasBias: Bool
    private let hasResidual: Bool

    /// Nil where the CPU lacks the instructions, the matrix is not constant, or there is more than one of them.
    init?(_ op: FusedMatMul, _ problem: KernelProblem) throws(KernelError) {
        guard ck_bf16_available(), problem.constants.count > 1, let weights = problem.constants[1], weights.type.rank == 2,
            !op.transposeA
        else { return nil }
        let (k, n) =
            op.transposeB ? (weights.shape[1], weights.shape[0]) : (weights.shape[0], weights.shape[1])
        guard k > 0, n > 0 else { return nil }
        let arrangement = "bf16 \(op.transposeB ? "t" : "n") \(op.alpha)"
        self.packed = try problem.packs.pack(weights, as: arrangement) { () throws(KernelError) in
            let packed = Tensor(zeros: TensorType(.bfloat16, [ck_bf16_packed_count(n, k)]))
            ck_bf16_pack(
                weights.rawPointer.assumingMemoryBound(to: Float.self), op.transposeB, op.alpha, n, k,
                packed.rawPointer.assumingMemoryBound(to: UInt16.self))
            return packed
        }
        self.hasBias = problem.optionalInput(2) != nil
        self.hasResidual = problem.optionalInput(3) != nil
        self.spec = ck_bf16_matmul(
            m: problem.outputs[0].elementCount / n, n: n, k: k, a_is_bf16: problem.input(0).dataType == .bfloat16,
            y_is_bf16: op.result == .bfloat16, residual_is_bf16: problem.optionalInput(3)?.dataType == .bfloat16,
            activation: op.activation.code, threads: problem.threads)
        self.inPlaceInputs = self.hasResidual && problem.optionalInput(3)?.dataType == op.result ? [3] : []
    }

    let inPlaceInputs: [Int]

    var workspaceByteCount: Int { withUnsafePointer(to: self.spec) { ck_bf16_matmul_workspace($0) } }

    func run(_ call: KernelCall) {
        withUnsafePointer(to: self.spec) {
            ck_bf16_matmul_run(
                $0, call.input(0, as: UInt8.self), self.packed.rawPointer.assumingMemoryBound(to: UInt16.self),
                self.hasBias ? call.input(2) : nil, call.optionalInput(3, as: UInt8.self), call.outputs[0], call.workspace)
        }
    }
}
