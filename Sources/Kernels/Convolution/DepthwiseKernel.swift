import CKernels
import Graph

/// A convolution of each channel with its own kernel, channels last, in float32 arithmetic on float32 or bfloat16 tensors.
final class DepthwiseKernel: Kernel, @unchecked Sendable {
    private let spec: ck_depthwise
    /// Nil where the weights may change: they are packed in every run then.
    private let packed: Tensor?
    private let rounds: Bool
    let workspaceByteCount: Int
    let inPlaceInputs: [Int]

    /// Nil for other convolutions, for float32 tensors with operands rounded to bfloat16, and where the library is quicker.
    init?(_ op: FusedConv, _ sizes: ConvolutionProblem, _ problem: KernelProblem) throws(KernelError) {
        let channels = sizes.inChannels
        let (x, y, w) = (problem.input(0).dataType, problem.outputs[0].dataType, problem.input(1))
        guard ck_depthwise_available(), op.layout == .last, op.window.groups == channels, sizes.outChannels == channels,
            problem.outputs[0].elementCount > 0, channels > 1, w.dataType == .float32
        else { return nil }
        self.rounds = op.readsBFloat16
        guard self.rounds ? x == .bfloat16 : problem.isFloat32 else { return nil }
        let residual = problem.optionalInput(3)?.dataType
        let taps = w.elementCount / channels
        let count = ck_depthwise_packed_count(channels, taps)
        var spec = ck_depthwise()
        spec.batch = sizes.batch
        spec.channels = channels
        spec.in = sizes.input.counts
        spec.out = sizes.output.counts
        spec.kernel = sizes.kernel.counts
        spec.strides = op.window.strides.leading(1).counts
        spec.dilations = op.window.dilations.leading(1).counts
        spec.before = op.window.padsBefore.leading(0).counts
        spec.x_is_bf16 = x == .bfloat16
        spec.y_is_bf16 = y == .bfloat16
        spec.residual_is_bf16 = residual == .bfloat16
        spec.activation = op.activation.code
        guard self.rounds || Self.beatsTheLibrary(spec) else { return nil }
        self.spec = spec
        self.inPlaceInputs = residual == y ? [3] : []
        if problem.constants.count > 1, let weights = problem.constants[1] {
            let rounds = self.rounds
            self.packed = try problem.packs.pack(weights, as: rounds ? "depthwise bf16" : "depthwise") {
                let packed = Tensor(zeros: TensorType(.float32, [count]))
                ck_depthwise_pack(
                    weights.unalignedPointer, channels, taps, rounds, packed.rawPointer.assumingMemoryBound(to: Float.self))
                withExtendedLifetime(weights.storage) {}
                return packed
            }
            self.workspaceByteCount = 0
        } else {
            self.packed = nil
            self.workspaceByteCount = count * MemoryLayout<Float>.stride
        }
    }

    /// Strips, and other wide kernels step by step: measured on a Zen 5.
    private static func beatsTheLibrary(_ spec: ck_depthwise) -> Bool {
        let steps = [spec.strides.0, spec.strides.1, spec.strides.2, spec.dilations.0, spec.dilations.1, spec.dilations.2]
        let isWide = spec.kernel.2 == 5 || spec.kernel.2 == 7
        return withUnsafePointer(to: spec) { ck_depthwise_has_strips($0) } || (isWide && steps.allSatisfy { $0 == 1 })
    }

    var packedInputs: [Int] { self.packed == nil ? [] : [1] }

    func run(_ call: KernelCall) {
        withUnsafePointer(to: self.spec) { spec in
            let weights: UnsafePointer<Float>?
            if let packed = self.packed {
                weights = UnsafePointer(packed.rawPointer.assumingMemoryBound(to: Float.self))
            } else {
                let room = call.workspace?.assumingMemoryBound(to: Float.self)
                let taps = self.spec.kernel.0 * self.spec.kernel.1 * self.spec.kernel.2
                ck_depthwise_pack(call.bytes(1), self.spec.channels, taps, self.rounds, room)
                weights = UnsafePointer(room)
            }
            ck_depthwise_run(spec, call.bytes(0), weights, call.optionalInput(2), call.optionalBytes(3), call.outputBytes(0))
        }
    }
}
