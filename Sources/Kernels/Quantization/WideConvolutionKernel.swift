import CKernels
import Graph

/// Convolutions of channels-last bytes in int16, for any CPU; the weights are widened once where they are constant.
struct WideConvolutionKernel: Kernel {
    private let spec: ck_byte_conv
    private let packed: Tensor?
    let inPlaceInputs: [Int]

    /// Nil where there is nothing to compute, or so much that sums could wrap around.
    init?(_ op: QuantizedConv, _ problem: KernelProblem) throws(KernelError) {
        let (x, w, y) = (problem.input(0), problem.input(1), problem.outputs[0])
        let depth = w.shape.dropFirst().reduce(1, *)
        guard op.layout == .last, (1...WideMatrixKernel.mostDepth).contains(depth), x.elementCount > 0, y.elementCount > 0
        else { return nil }
        let sizes = ConvolutionProblem(window: op.window, layout: op.layout, x: x.shape, w: w.shape, y: y.shape)
        let spec = ck_byte_conv(
            batch: sizes.batch, channels: sizes.inChannels, out_channels: sizes.outChannels, groups: op.window.groups,
            in: sizes.input.counts, kernel: sizes.kernel.counts, out: sizes.output.counts,
            strides: op.window.strides.leading(1).counts, dilations: op.window.dilations.leading(1).counts,
            before: op.window.padsBefore.leading(0).counts, x_is_signed: x.dataType == .int8, w_is_signed: w.dataType == .int8,
            x_zero: Int32(op.xZero), w_zero: Int32(op.wZero), epilogue: op.epilogue.code, threads: problem.threads)
        self.spec = spec
        self.inPlaceInputs = op.epilogue.inPlaceInputs(problem)
        let count = withUnsafePointer(to: spec) { ck_byte_conv_packed($0) }
        self.packed = try problem.constants[1].map { (weights) throws(KernelError) in
            try problem.packs.widened(weights, as: "taps \(op.wZero)", count: count) { bytes, wide in
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
        let wide = (self.packed?.rawPointer ?? workspace).assumingMemoryBound(to: Int16.self)
        withUnsafePointer(to: self.spec) { spec in
            if self.packed == nil { ck_byte_conv_pack(spec, call.bytes(1), wide) }
            withUnsafePointer(to: call.byteColumns) { columns in
                ck_byte_conv_run(
                    spec, call.bytes(0), wide, columns, call.optionalBytes(QuantizedEpilogue.Input.residual.rawValue),
                    call.outputs[0], workspace + self.wideByteCount)
            }
        }
    }
}
