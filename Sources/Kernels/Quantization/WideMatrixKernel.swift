import CKernels
import Graph

/// Products of byte matrices in int16, for any CPU: constant right operands are widened once, others in every run.
struct WideMatrixKernel: Kernel {
    /// More could make a sum leave int32.
    static let mostDepth = 32_768

    private let spec: ck_byte_matmul
    /// Zero points that are known only when the kernel runs.
    private let lateZeros: (a: LateZeroPoint?, b: LateZeroPoint?)
    private let leftOffsets: [Int]
    private let rightOffsets: [Int]
    private let rightCount: Int
    private let packed: Tensor?
    let inPlaceInputs: [Int]

    /// Nil where there is nothing to compute, or so much that sums could wrap around.
    init?(
        _ product: MatrixProduct, transposeB: Bool, _ zeros: (a: OperandZero, b: OperandZero), _ epilogue: ck_byte_epilogue,
        inPlaceInputs: [Int] = [],
        _ problem: KernelProblem
    ) throws(KernelError) {
        guard (1...Self.mostDepth).contains(product.k), product.m > 0, product.n > 0, product.batchCount > 0 else { return nil }
        let isOneMatrix = product.isCollapsible
        self.leftOffsets = isOneMatrix ? [0] : product.batchOffsets.left
        self.rightOffsets = isOneMatrix ? [0] : product.batchOffsets.right
        self.rightCount = product.right.dropLast(2).reduce(1, *)
        guard let left = zeros.a.resolved(problem), let right = zeros.b.resolved(problem) else { return nil }
        let spec = ck_byte_matmul(
            batch: self.leftOffsets.count, m: isOneMatrix ? product.batchCount * product.m : product.m, n: product.n,
            k: product.k, transpose_b: transposeB, a_is_signed: problem.input(0).dataType == .int8,
            b_is_signed: problem.input(1).dataType == .int8, a_zero: left.fixed, b_zero: right.fixed, epilogue: epilogue,
            threads: problem.threads)
        let weights = right.late == nil ? problem.constants[1] : nil
        self.lateZeros = (left.late, right.late)
        self.spec = spec
        self.inPlaceInputs = inPlaceInputs
        let matrices = self.rightCount
        let count = withUnsafePointer(to: spec) { ck_byte_matmul_packed($0, matrices) }
        let arrangement = "\(transposeB ? "t" : "n") \(product.k) \(right.fixed)"
        self.packed = try weights.map { (weights) throws(KernelError) in
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
        var spec = self.spec
        if let zero = self.lateZeros.a { spec.a_zero = zero.value(call) }
        if let zero = self.lateZeros.b { spec.b_zero = zero.value(call) }
        withUnsafePointer(to: spec) { spec in
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
