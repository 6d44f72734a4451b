import CKernels
import Graph

/// Rows, or the patches of a convolution, times a constant matrix that is packed once, with what follows; in float32,
/// bfloat16 or 8-bit integers.
final class PanelsKernel: Kernel, @unchecked Sendable {
    /// Indices of the operands among the inputs of the operator, nil for those that are absent.
    struct Operands: Sendable {
        var a = 0
        var weights = 1
        var bias: Int?
        var residual: Int?
        var gate: Int?
        var scales: Int?
        var innerBias: Int?
        /// Integers: the zero point of `a`, where it is known only when the kernel runs.
        var zeroPoint: LateZeroPoint?

        /// The pointers of a run, but for the packed matrix.
        func pointers(_ call: KernelCall) -> ck_panels_operands {
            var pointers = ck_panels_operands()
            pointers.a = call.bytes(self.a)
            pointers.residual = self.residual.flatMap { call.optionalBytes($0) }
            pointers.bias = self.bias.flatMap { call.optionalInput($0) }
            pointers.gate = self.gate.flatMap { call.optionalInput($0) }
            pointers.scales = self.scales.flatMap { call.optionalInput($0) }
            pointers.inner_bias = self.innerBias.flatMap { call.optionalInput($0) }
            pointers.y = call.outputs[0]
            pointers.workspace = call.workspace
            return pointers
        }
    }

    private let spec: ck_panels_spec
    private let operands: Operands
    private let packed: Tensor
    let workspaceByteCount: Int

    /// Nil where the CPU lacks the instructions, nothing is to be computed or the matrix may change.
    /// - Parameters:
    ///   - spec: everything but the threads, the presence of operands taken from `operands`.
    ///   - matrix: how the weights lie, its pointer aside.
    init?(
        _ spec: ck_panels_spec, _ matrix: ck_panels_matrix, _ operands: Operands, _ problem: KernelProblem
    ) throws(KernelError) {
        guard ck_panels_available(spec.precision), problem.packs.packsMatrices, operands.weights < problem.constants.count,
            let weights = problem.constants[operands.weights], spec.m > 0, spec.n > 0, spec.k > 0,
            spec.precision != CK_INTEGER8 || spec.k <= WideMatrixKernel.mostDepth
        else { return nil }
        var spec = spec
        spec.threads = Self.threads(spec, problem.threads)
        self.spec = spec
        self.operands = operands
        self.workspaceByteCount = withUnsafePointer(to: spec) { ck_panels_workspace($0) }
        let strides = "\(matrix.column_stride) \(matrix.tap_stride) \(matrix.channel_stride)"
        let arrangement = "panels \(spec.precision.rawValue) \(matrix.taps) \(strides) \(matrix.alpha)"
        let byteCount = ck_panels_bytes(spec.precision, spec.n, spec.k)
        self.packed = try problem.packs.packOnLargePages(weights, as: arrangement, byteCount) { from, to in
            var matrix = matrix
            matrix.w = from
            ck_panels_pack(spec.precision, &matrix, to)
        }
    }

    /// One thread for few products, as in squeeze-and-excitation: waking another takes about 3 microseconds.
    private static func threads(_ spec: ck_panels_spec, _ threads: Int) -> Int {
        let (most, depths) = (1 << 17, spec.k * (spec.precision == CK_FLOAT32 ? 2 : 1))
        return spec.m < most && spec.n < most && depths < most && spec.m * spec.n * depths < most ? 1 : threads
    }

    var packedInputs: [Int] { [self.operands.weights] }

    var inPlaceInputs: [Int] { self.spec.residual == self.spec.y ? self.operands.residual.map { [$0] } ?? [] : [] }

    func run(_ call: KernelCall) {
        var pointers = self.operands.pointers(call)
        pointers.packed = UnsafeRawPointer(self.packed.rawPointer)
        var spec = self.spec
        if let zero = self.operands.zeroPoint { spec.a_zero = zero.value(call) }
        withUnsafePointer(to: spec) { ck_panels_run($0, &pointers) }
    }
}

extension DataType {
    /// How packed products read and write elements of this type.
    var panelElement: ck_element {
        switch self {
        case .bfloat16: CK_ELEMENT_BFLOAT16
        case .uint8: CK_ELEMENT_UINT8
        case .int8: CK_ELEMENT_INT8
        default: CK_ELEMENT_FLOAT32
        }
    }
}

extension ck_panels_matrix {
    /// A [k, n] matrix, or [n, k] when it is transposed, of which every element is multiplied by `alpha`.
    init(k: Int, n: Int, transposed: Bool, alpha: Float = 1) {
        self.init(
            w: nil, columns: n, taps: 1, channels: k, column_stride: transposed ? k : 1, tap_stride: 0,
            channel_stride: transposed ? 1 : n, alpha: alpha, is_unsigned: false)
    }

    /// The weights [O, C, kernel...] of a convolution as a matrix of kernel... x C by O.
    init(convolution shape: [Int]) {
        let taps = shape.dropFirst(2).reduce(1, *)
        self.init(
            w: nil, columns: shape[0], taps: taps, channels: shape[1], column_stride: shape[1] * taps, tap_stride: 1,
            channel_stride: taps, alpha: 1, is_unsigned: false)
    }
}

extension ck_panels_spec {
    /// Makes the rows patches of channels-last pictures, unless they are the pictures' rows.
    mutating func take(_ convolution: ConvolutionProblem) {
        let window = convolution.window
        self.m = convolution.batch * convolution.output.reduce(1, *)
        self.n = convolution.outChannels
        self.k = convolution.inChannels * convolution.kernel.reduce(1, *)
        let isPlain = (convolution.kernel + window.strides).allSatisfy { $0 == 1 } && window.padsBefore.allSatisfy { $0 == 0 }
        self.has_patches = !(isPlain && window.padsAfter.allSatisfy { $0 == 0 })
        if self.has_patches { self.patches = convolution.spec }
    }
}
