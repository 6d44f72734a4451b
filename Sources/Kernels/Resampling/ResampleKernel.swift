import CKernels
package import Graph

/// A separable resampling of float32 or bfloat16 in C: forward or, with transposed axes, its adjoint.
package struct ResampleKernel: Kernel, @unchecked Sendable {
    private let plan: ck_resample
    /// What the plan points at.
    private let tables: [Tensor]
    package let workspaceByteCount: Int

    /// From so many channels on a position fills a vector.
    private static let manyChannels = 16

    /// - Parameters:
    ///   - axes: one per spatial axis.
    ///   - x: the shape of the input.
    package init(
        _ axes: [ResampleAxis], layout: ChannelLayout, x: [Int], isBFloat16: Bool = false, threads: Int
    ) {
        let (batch, channels, _) = layout.split(x)
        var tables: [Tensor] = []
        func table<Element: BitwiseCopyable>(_ values: [Element], _ type: DataType) -> UnsafePointer<Element> {
            let tensor = Tensor(zeros: TensorType(type, [values.count]))
            tables.append(tensor)
            return tensor.withElements(as: Element.self) { elements in
                _ = elements.update(fromContentsOf: values)
                return UnsafePointer(tensor.rawPointer.assumingMemoryBound(to: Element.self))
            }
        }
        let sides = axes.leadingUnchanged.map { axis in
            ck_resample_axis(
                in: axis.inputSize, out: axis.outputSize, starts: table(axis.starts, .int32),
                offsets: table(axis.offsets, .int32), weights: table(axis.weights, .float32))
        }
        var plan = ck_resample()
        let perPosition = layout == .last ? channels : 1
        if let last = axes.last, perPosition < Self.manyChannels {
            let row = ResampleRow(last, channels: perPosition)
            plan.row = ck_resample_row(
                out: row.count, taps: row.taps, step: row.step, starts: table(row.starts, .int32), lows: table(row.lows, .int32),
                highs: table(row.highs, .int32), weights: table(row.weights, .float32))
        }
        plan.is_bf16 = isBFloat16
        plan.batch = batch
        plan.channels = channels
        plan.channels_last = layout == .last
        plan.axis = (sides[0], sides[1], sides[2])
        let count = axes.reduce(batch * channels) { $0 * $1.outputSize }
        plan.lanes = max(min(threads, 1 + count / 16384), 1)
        self.plan = plan
        self.tables = tables
        self.workspaceByteCount = withUnsafePointer(to: plan) { ck_resample_workspace($0) }
    }

    package func run(_ call: KernelCall) {
        withUnsafePointer(to: self.plan) {
            ck_resample_run($0, call.bytes(0), call.outputBytes(0), call.workspace?.assumingMemoryBound(to: Float.self))
        }
    }
}
