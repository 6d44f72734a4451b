import CKernels
import Graph

/// Convolutions of channels-last bytes in int16, for any CPU; the weights are widened once where they are constant.
struct WideConvolutionKernel: Kernel {
    private let spec: ck_byte_conv
    private let packed: Tensor?
    private let lateZeros: (x: LateZeroPoint?, w: LateZeroPoint?)
    let inPlaceInputs: [Int]

    /// Nil where there is nothing to compute, or so much that sums could wrap around.
    /// - Parameters:
    ///   - x: the type of input 0 with its channels last.
    ///   - y: the type of the result with its channels last.
    init?(
        _ window: Window, x: TensorType, y: TensorType, _ zeros: (x: OperandZero, w: OperandZero), _ epilogue: ck_byte_epilogue,
        inPlaceInputs: [Int] = [], _ problem: KernelProblem
    ) throws(KernelError) {
        let w = problem.input(1)
        let depth = w.shape.dropFirst().reduce(1, *)
        guard (1...WideMatrixKernel.mostDepth).contains(depth), x.elementCount > 0, y.elementCount > 0,
            let left = zeros.x.resolved(problem), let right = zeros.w.resolved(problem)
        else { return nil }
        let sizes = ConvolutionProblem(window: window, layout: .last, x: x.shape, w: w.shape, y: y.shape)
        let spec = ck_byte_conv(
            batch: sizes.batch, channels: sizes.inChannels, out_channels: sizes.outChannels, groups: window.groups,
            in: sizes.input.counts, kernel: sizes.kernel.counts, out: sizes.output.counts,
            strides: window.strides.leading(1).counts, dilations: window.dilations.leading(1).counts,
            before: window.padsBefore.leading(0).counts, x_is_signed: x.dataType == .int8, w_is_signed: w.dataType == .int8,
            x_zero: left.fixed, w_zero: right.fixed, epilogue: epilogue, threads: problem.threads)
        self.spec = spec
        self.lateZeros = (left.late, right.late)
        self.inPlaceInputs = inPlaceInputs
        let weights = right.late == nil ? problem.constants[1] : nil
        let count = withUnsafePointer(to: spec) { ck_byte_conv_packed($0) }
        self.packed = try weights.map { (weights) throws(KernelError) in
            try problem.packs.widened(weights, as: "taps \(right.fixed)", count: count) { bytes, wide in
                withUnsafePointer(to: spec) { ck_byte_conv_pack($0, bytes, wide) }
            }
        }
    }

    var packedInputs: [Int] { self.packed == nil ? [] : [1] }

    /// Bytes of the weights where they are widened in the workspace.
    private var wideByteCount: Int {
        guard self.packed == nil else { return 0 }
        return (withUnsafePointer(to: self.spec) { ck_byte_conv_packed($0) } * MemoryLayout<Int16>.stride + 63) / 64 * 64
    }

    var workspaceByteCount: Int { self.wideByteCount + withUnsafePointer(to: self.spec) { ck_byte_conv_workspace($0) } }

    func run(_ call: KernelCall) {
        guard let workspace = call.workspace else { return }
        self.run(call, x: call.bytes(0), y: call.outputs[0], workspace: workspace)
    }

    /// Reads `x` and writes `y` instead of the first input and the result; the other inputs are the call's.
    func run(_ call: KernelCall, x: UnsafeRawPointer, y: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer) {
        let wide = (self.packed?.rawPointer ?? workspace).assumingMemoryBound(to: Int16.self)
        var spec = self.spec
        if let zero = self.lateZeros.x { spec.x_zero = zero.value(call) }
        if let zero = self.lateZeros.w { spec.w_zero = zero.value(call) }
        withUnsafePointer(to: spec) { spec in
            if self.packed == nil { ck_byte_conv_pack(spec, call.bytes(1), wide) }
            withUnsafePointer(to: call.byteColumns) { columns in
                ck_byte_conv_run(
                    spec, x, wide, columns, call.optionalBytes(QuantizedEpilogue.Input.residual.rawValue), y,
                    workspace + self.wideByteCount)
            }
        }
    }
}
