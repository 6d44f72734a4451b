import CKernels
import Graph

/// Products of byte matrices in int16, for any CPU: constant right operands are widened once, others in every run.
struct WideMatrixKernel: Kernel {
    /// More could make a sum leave int32.
    static let mostDepth = 32_768

    /// Where the zero points of both operands come from.
    enum Zeros {
        case fixed(a: Int, b: Int)
        /// From these inputs, with one element each; 0 where there is none.
        case inputs(a: Int, b: Int)
    }

    private let spec: ck_byte_matmul
    /// Inputs that hold zero points, with their types.
    private let zeroInputs: [(index: Int, type: DataType)?]
    private let leftOffsets: [Int]
    private let rightOffsets: [Int]
    private let rightCount: Int
    private let packed: Tensor?
    let inPlaceInputs: [Int]

    /// Nil where there is nothing to compute, or so much that sums could wrap around.
    init?(
        _ product: MatrixProduct, transposeB: Bool, _ zeros: Zeros, _ epilogue: ck_byte_epilogue, inPlaceInputs: [Int] = [],
        _ problem: KernelProblem
    ) throws(KernelError) {
        guard (1...Self.mostDepth).contains(product.k), product.m > 0, product.n > 0, product.batchCount > 0 else { return nil }
        let isOneMatrix = product.isCollapsible
        self.leftOffsets = isOneMatrix ? [0] : product.batchOffsets.left
        self.rightOffsets = isOneMatrix ? [0] : product.batchOffsets.right
        self.rightCount = product.right.dropLast(2).reduce(1, *)
        var spec = ck_byte_matmul(
            batch: self.leftOffsets.count, m: isOneMatrix ? product.batchCount * product.m : product.m, n: product.n,
            k: product.k, transpose_b: transposeB, a_is_signed: problem.input(0).dataType == .int8,
            b_is_signed: problem.input(1).dataType == .int8, a_zero: 0, b_zero: 0, epilogue: epilogue,
            threads: problem.threads)
        var weights = problem.constants[1]
        switch zeros {
        case .fixed(let a, let b):
            (spec.a_zero, spec.b_zero) = (Int32(a), Int32(b))
            self.zeroInputs = [nil, nil]
        case .inputs(let a, let b):
            let types = [a, b].map { problem.optionalInput($0) }
            guard types.allSatisfy({ ($0?.elementCount ?? 1) == 1 }) else { return nil }
            let isConstant = types[1] == nil || problem.constants[b] != nil
            if let zero = types[1] == nil ? nil : problem.constants[b]?.scalar { spec.b_zero = Int32(zero) }
            if !isConstant { weights = nil }
            self.zeroInputs = [
                types[0].map { (a, $0.dataType) }, isConstant ? nil : types[1].map { (b, $0.dataType) },
            ]
        }
        let bZero = spec.b_zero
        self.spec = spec
        self.inPlaceInputs = inPlaceInputs
        let matrices = self.rightCount
        let final = spec
        let count = withUnsafePointer(to: final) { ck_byte_matmul_packed($0, matrices) }
        let arrangement = "\(transposeB ? "t" : "n") \(product.k) \(bZero)"
        self.packed = try weights.map { (weights) throws(KernelError) in
            try problem.packs.widened(weights, as: arrangement, count: count) { bytes, wide in
                withUnsafePointer(to: final) { ck_byte_matmul_pack($0, matrices, bytes, wide) }
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
        if let zero = self.zero(0, call) { spec.a_zero = zero }
        if let zero = self.zero(1, call) { spec.b_zero = zero }
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

    /// The zero point of an operand, where an input holds it.
    private func zero(_ operand: Int, _ call: KernelCall) -> Int32? {
        guard let input = self.zeroInputs[operand] else { return nil }
        return Int32(truncatingIfNeeded: ElementAccess(input.type).integer(call.bytes(input.index), 0))
    }
}
