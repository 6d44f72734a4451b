import CKernels
import Graph

/// A product of rows with one constant matrix that is packed once, with its epilogue; in float32, or with operands rounded
/// to bfloat16, whose pack is half as large.
final class PackedMatrixKernel: Kernel, @unchecked Sendable {
    private enum Spec {
        case float32(ck_packed_matmul)
        case bfloat16(ck_bf16_matmul)
    }

    private let spec: Spec
    private let packed: Tensor
    private let hasBias: Bool
    let inPlaceInputs: [Int]

    /// Nil where the CPU lacks the instructions, the matrix is not constant, or there is more than one of them.
    init?(_ op: FusedMatMul, _ problem: KernelProblem) throws(KernelError) {
        let isNarrow = op.precision == .bfloat16
        guard isNarrow ? ck_bf16_available() : ck_packed_available(), problem.packs.packsMatrices,
            problem.constants.count > 1,
            let weights = problem.constants[1], weights.type.rank == 2, !op.transposeA
        else { return nil }
        let (k, n) = op.transposeB ? (weights.shape[1], weights.shape[0]) : (weights.shape[0], weights.shape[1])
        guard k > 0, n > 0 else { return nil }
        let arrangement = "\(isNarrow ? "bf16" : "panels") \(op.transposeB ? "t" : "n") \(op.alpha)"
        self.packed = try problem.packs.pack(weights, as: arrangement) { () throws(KernelError) in
            let packed: Tensor
            if isNarrow {
                packed = try Self.room(TensorType(.bfloat16, [ck_bf16_packed_count(n, k)]))
                ck_bf16_pack(
                    weights.unalignedPointer, op.transposeB, op.alpha, n, k,
                    packed.rawPointer.assumingMemoryBound(to: UInt16.self))
            } else {
                packed = try Self.room(TensorType(.float32, [ck_packed_count(n, k)]))
                ck_packed_pack(
                    weights.unalignedPointer, op.transposeB, op.alpha, n, k,
                    packed.rawPointer.assumingMemoryBound(to: Float.self))
            }
            // The file's pages are not needed again, unless another plan packs them in another way.
            if weights.storage.isMapped { ck_forget_mapped(weights.unalignedPointer, weights.type.byteCount) }
            withExtendedLifetime(weights.storage) {}
            return packed
        }
        self.hasBias = problem.optionalInput(2) != nil
        let residual = problem.optionalInput(3)?.dataType
        let m = problem.outputs[0].elementCount / n
        if isNarrow {
            self.spec = .bfloat16(
                ck_bf16_matmul(
                    m: m, n: n, k: k, a_is_bf16: problem.input(0).dataType == .bfloat16, y_is_bf16: op.result == .bfloat16,
                    residual_is_bf16: residual == .bfloat16, activation: op.activation.code, threads: problem.threads))
        } else {
            self.spec = .float32(
                ck_packed_matmul(m: m, n: n, k: k, activation: op.activation.code, threads: problem.threads))
        }
        let canShare = residual == op.result && (isNarrow || op.activation == .none)
        self.inPlaceInputs = canShare ? [3] : []
    }

    /// Memory for a pack, on large pages: a panel of weights crosses few of them.
    private static func room(_ type: TensorType) throws(KernelError) -> Tensor {
        let byteCount = max(type.byteCount, 1)
        guard let memory = ck_large_pages(byteCount) else {
            throw KernelError(.outOfMemory, "FusedMatMul", "\(byteCount) bytes for packed weights are not available")
        }
        return Tensor(
            type,
            storage: TensorStorage(adopting: UnsafeMutableRawBufferPointer(start: memory, count: byteCount)) {
                ck_give_back($0.baseAddress, $0.count)
            })
    }

    var packedInputs: [Int] { [1] }

    var workspaceByteCount: Int {
        switch self.spec {
        case .float32(let spec): withUnsafePointer(to: spec) { ck_packed_workspace($0) }
        case .bfloat16(let spec): withUnsafePointer(to: spec) { ck_bf16_matmul_workspace($0) }
        }
    }

    func run(_ call: KernelCall) {
        let bias: UnsafePointer<Float>? = self.hasBias ? call.input(2) : nil
        switch self.spec {
        case .float32(let spec):
            withUnsafePointer(to: spec) {
                ck_packed_run(
                    $0, call.input(0), self.packed.rawPointer.assumingMemoryBound(to: Float.self), bias, call.optionalInput(3),
                    call.output(0), call.workspace)
            }
        case .bfloat16(let spec):
            withUnsafePointer(to: spec) {
                ck_bf16_matmul_run(
                    $0, call.input(0, as: UInt8.self), self.packed.rawPointer.assumingMemoryBound(to: UInt16.self), bias,
                    call.optionalInput(3, as: UInt8.self), call.outputs[0], call.workspace)
            }
        }
    }
}
