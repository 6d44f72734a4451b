import CKernels
import Graph

/// A 3 x 3 convolution of channels-last pictures with constant weights, by Winograd's transform, in float32 or bfloat16.
///
/// Weights that are not finite make NaN of everything that they meet.
final class WinogradKernel: Kernel, @unchecked Sendable {
    private let spec: ck_panels_spec
    private let operands: PanelsKernel.Operands
    private let side: Int
    private let packed: Tensor
    let workspaceByteCount: Int

    /// Nil where direct sums are as fast, the CPU lacks the instructions or the weights may change.
    ///
    /// - Parameter spec: of the convolution as a packed product, the threads aside.
    init?(
        _ spec: ck_panels_spec, _ window: Window, _ operands: PanelsKernel.Operands, _ problem: KernelProblem
    ) throws(KernelError) {
        guard ck_panels_available(spec.precision), problem.packs.packsMatrices, operands.weights < problem.constants.count,
            let weights = problem.constants[operands.weights], spec.m > 0, spec.n > 0,
            weights.shape.count == 4, weights.shape[1] > 0, weights.shape[1] % 16 == 0,
            Array(weights.shape[2...]) == [3, 3], window.strides + window.dilations == [1, 1, 1, 1]
        else { return nil }
        var spec = spec
        spec.threads = problem.threads
        let side = withUnsafePointer(to: spec) { ck_winograd_side($0) }
        guard side > 0 else { return nil }
        self.spec = spec
        self.operands = operands
        self.side = side
        self.workspaceByteCount = withUnsafePointer(to: spec) { ck_winograd_workspace($0, side) }
        let channels = weights.shape[1]
        let byteCount = ck_winograd_bytes(spec.precision, spec.n, channels, side)
        let arrangement = "winograd \(spec.precision.rawValue) \(side)"
        self.packed = try problem.packs.packOnLargePages(weights, as: arrangement, byteCount) { from, to in
            ck_winograd_pack(spec.precision, from, spec.n, channels, side, to)
        }
    }

    var packedInputs: [Int] { [self.operands.weights] }

    var inPlaceInputs: [Int] { self.spec.residual == self.spec.y ? self.operands.residual.map { [$0] } ?? [] : [] }

    func run(_ call: KernelCall) {
        var pointers = self.operands.pointers(call)
        pointers.packed = UnsafeRawPointer(self.packed.rawPointer)
        withUnsafePointer(to: self.spec) { ck_winograd_run($0, self.side, &pointers) }
    }
}
