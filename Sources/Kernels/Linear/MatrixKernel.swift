package import CKernels
package import Graph

/// A matrix product with its epilogue, in blocks. Takes operands a, b and optionally bias and residual.
package final class MatrixKernel: Kernel, @unchecked Sendable {
    /// What is known about the addend of `Gemm`, which is written into the result first.
    package struct Addend: Sendable {
        /// Index of the input.
        let input: Int
        let factor: Float
        let rowStride: Int
        let columnStride: Int
    }

    private let handle: OpaquePointer
    private let product: MatrixProduct
    private let addend: Addend?
    private let bias: Int?
    private let residual: Int?

    /// - Parameters:
    ///   - bias: index of the input that is added to each row, nil for none.
    ///   - residual: index of the input that is added to the result, nil for none.
    package init(
        _ subject: String, _ product: MatrixProduct, threads: Int, transposeA: Bool = false, transposeB: Bool = false,
        alpha: Float = 1,
        activation: FusedActivation = .none, bias: Int? = nil, residual: Int? = nil, addend: Addend? = nil
    ) throws(KernelError) {
        let isFlat = product.isCollapsible && !transposeA
        let offsets = isFlat ? (left: [0], right: [0]) : product.batchOffsets
        var spec = ck_matmul_spec()
        spec.m = isFlat ? product.m * product.batchCount : product.m
        spec.n = product.n
        spec.k = product.k
        spec.transpose_a = transposeA
        spec.transpose_b = transposeB
        spec.alpha = alpha
        spec.accumulate = addend != nil
        spec.activation = activation.code
        spec.threads = max(threads, 1)
        spec.batch = offsets.left.count
        var created: OpaquePointer?
        try check(subject) {
            offsets.left.withUnsafeBufferPointer { left in
                offsets.right.withUnsafeBufferPointer { right in
                    spec.a_offsets = left.baseAddress
                    spec.b_offsets = right.baseAddress
                    return ck_matmul_create(&spec, &created)
                }
            }
        }
        guard let created else { throw KernelError(.library, subject, "no handle") }
        self.handle = created
        self.product = product
        self.addend = addend
        self.bias = bias
        self.residual = residual
        self.inPlaceInputs = activation == .none ? [residual].compactMap { $0 } : []
    }

    deinit {
        ck_matmul_destroy(self.handle)
    }

    package let inPlaceInputs: [Int]

    package var workspaceByteCount: Int { ck_matmul_workspace(self.handle) }

    package func run(_ call: KernelCall) throws(KernelError) {
        let y = call.output(0)
        if let addend = self.addend {
            ck_dense_fill(
                y, call.input(addend.input), self.product.m, self.product.n, addend.rowStride, addend.columnStride, addend.factor)
        }
        ck_matmul_run(
            self.handle, call.input(0), call.input(1), self.bias.map { call.input($0) }, self.residual.map { call.input($0) }, y,
            call.workspace)
    }
}

extension FusedActivation {
    /// The same on the C side.
    package var code: ck_activation {
        switch self {
        case .none: CK_ACTIVATION_NONE
        case .relu: CK_ACTIVATION_RELU
        case .gelu: CK_ACTIVATION_GELU
        case .geluTanh: CK_ACTIVATION_GELU_TANH
        case .silu: CK_ACTIVATION_SILU
        case .sigmoid: CK_ACTIVATION_SIGMOID
        }
    }
}
