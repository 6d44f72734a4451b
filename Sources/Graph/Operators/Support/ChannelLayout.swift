/// Where the channel axis of an image-like tensor lies in memory.
///
/// ONNX knows only `first`. The pass `channelsLast` moves whole regions of a graph to `last`, which the convolution
/// kernels prefer; operators that carry a layout are ONNX operators only while it is `first`.
package enum ChannelLayout: String, Sendable, Hashable {
    /// `[N, C, spatial...]`
    case first
    /// `[N, spatial..., C]`
    case last

    package func channelAxis(rank: Int) -> Int {
        switch self {
        case .first: 1
        case .last: rank - 1
        }
    }

    package func spatialAxes(rank: Int) -> Range<Int> {
        switch self {
        case .first: 2..<rank
        case .last: 1..<(rank - 1)
        }
    }

    /// Batch, channels and spatial sizes of a shape in this layout.
    package func split(_ shape: [Int]) -> (batch: Int, channels: Int, spatial: [Int]) {
        (shape[0], shape[self.channelAxis(rank: shape.count)], self.spatialAxes(rank: shape.count).map { shape[$0] })
    }

    /// The shape with these sizes in this layout.
    package func join(batch: Int, channels: Int, spatial: [Int]) -> [Int] {
        switch self {
        case .first: [batch, channels] + spatial
        case .last: [batch] + spatial + [channels]
        }
    }
}
