import CKernels
import Graph

/// Products of byte matrices in int16, for any CPU: constant right operands are widened once, others in every run.
struct WideMatrixKernel: Kernel {
    /// More could make a sum leave int32.
    static let mostDepth = 32_768

    private let spec: ck_byte_matmul
    private let leftOffsets: [Int]
    private let rightOffsets: [Int]
    private let rightCount: Int
    private let packed: Tensor?
    let inPlaceInputs: [Int]

    /// Nil where there is nothing to compute, or so much that sums could wrap around.
    init?(_ op: QuantizedMatMul, _ product: MatrixProduct, _ problem: KernelProblem) throws(KernelError) {
        guard (1...Self.mostDepth).contains(product.k), product.m > 0, product.n > 0, product.batchCount > 0 else { return nil }
        let isOneMatrix = product.isCollapsible
        self.leftOffsets = isOneMatrix ? [0] : product.batchOffsets.left
        self.rightOffsets = isOneMatrix ? [0] : product.batchOffsets.right
        self.rightCount = product.right.dropLast(2).reduce(1, *)
        let spec = ck_byte_matmul(
            batch: self.leftOffsets.count, m: isOneMatrix ? product.batchCount * product.m : product.m, n: product.n,
            k: product.k, transpose_b: op.transposeB, a_is_signed: problem.input(0).dataType == .int8,
            b_is_signed: problem.input(1).dataType == .int8, a_zero: Int32(op.aZero), b_zero: Int32(op.bZero),
            epilogue: op.epilogue.code, threads: problem.threads)
        self.spec = spec
        self.inPlaceInputs = op.epilogue.inPlaceInputs(problem)
        let matrices = self.rightCount
        let count = withUnsafePointer(to: spec) { ck_byte_matmul_packed($0, matrices) }
        let arrangement = "\(op.transposeB ? "t" : "n") \(product.k) \(op.bZero)"
        self.packed = try problem.constants[1].map { (weights) throws(KernelError) in
            try problem.packs.widened(weights, as: arrangement, count: count) { bytes, wide in
                withUnsafePointer(to: spec) { ck_byte_matmul_pack($0, matrices, bytes, wide) }
            }
        }
    }

    var packedInputs: [Int] { self.packed == nil ? [] : [1] }

    /// Bytes of the right matrices where they are widened in the workspace.
    private var wideByteCount: Int {
        guard self.packed == nil else { return 0 }
        let count = withUnsafePointer(to: self.spec) { ck_byte_matmul_packed($0, self.rightCount) }
        return (count * MemoryLayout<Int16>.stride + 63) / 64 * 64
    }

    var workspaceByteCount: Int {
        self.wideByteCount + withUnsafePointer(to: self.spec) { ck_byte_matmul_workspace($0) }
    }

    func run(_ call: KernelCall) {
        guard let workspace = call.workspace else { return }
        let wide = (self.packed?.rawPointer ?? workspace).assumingMemoryBound(to: Int16.self)
        withUnsafePointer(to: self.spec) { spec in
            if self.packed == nil { ck_byte_matmul_pack(spec, self.rightCount, call.bytes(1), wide) }
            withUnsafePointer(to: call.byteColumns) { columns in
                ck_byte_matmul_run(
                    spec, call.bytes(0), self.leftOffsets, wide, self.rightOffsets, columns,
                    call.optionalBytes(QuantizedEpilogue.Input.residual.rawValue), call.outputs[0],
                    workspace + self.wideByteCount)
            }
        }
    }
}
