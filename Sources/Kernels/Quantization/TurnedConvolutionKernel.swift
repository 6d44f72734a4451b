import CKernels
import Graph

/// The sums of a convolution of channels-first bytes: x is turned to channels last, and the sums are turned back.
struct TurnedConvolutionKernel: Kernel {
    private let inner: WideConvolutionKernel
    private let turns: (x: ck_layout_copy, y: ck_layout_copy)
    private let sizes: (x: Int, y: Int)

    /// Nil where the zero point of the weights changes from channel to channel, and where `WideConvolutionKernel` has none.
    init?(_ op: ConvInteger, _ problem: KernelProblem) throws(KernelError) {
        let (x, y) = (problem.input(0), problem.outputs[0])
        let order = ChannelLayout.last.permutationFromFirst(rank: x.rank)
        let (lastX, lastY) = (
            TensorType(x.dataType, order.map { x.shape[$0] }), TensorType(y.dataType, order.map { y.shape[$0] })
        )
        var epilogue = ck_byte_epilogue()
        epilogue.stores_sums = true
        guard let inner = try WideConvolutionKernel(op.window, x: lastX, y: lastY, (.input(2), .input(3)), epilogue, problem),
            let turnX = ck_layout_copy(
                lastX.shape, source: order.map { x.strides[$0] }, destination: lastX.strides, element: x.dataType.byteCount),
            let turnY = ck_layout_copy(
                lastY.shape, source: lastY.strides, destination: order.map { y.strides[$0] }, element: y.dataType.byteCount)
        else { return nil }
        self.inner = inner
        self.turns = (turnX, turnY)
        self.sizes = ((x.byteCount + 63) / 64 * 64, (y.byteCount + 63) / 64 * 64)
    }

    var packedInputs: [Int] { self.inner.packedInputs }

    var workspaceByteCount: Int { self.sizes.x + self.sizes.y + self.inner.workspaceByteCount }

    func run(_ call: KernelCall) {
        guard let workspace = call.workspace else { return }
        let (x, y) = (workspace, workspace + self.sizes.x)
        withUnsafePointer(to: self.turns.x) { ck_copy($0, call.bytes(0), x) }
        self.inner.run(call, x: x, y: y, workspace: y + self.sizes.y)
        withUnsafePointer(to: self.turns.y) { ck_copy($0, y, call.outputs[0]) }
    }
}
