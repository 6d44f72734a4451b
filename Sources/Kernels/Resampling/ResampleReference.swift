package import Graph

/// Walks a separable resampling in plain Swift: every pair of a result and an input element that goes into it.
package struct ResampleReference: Sendable {
    private let axes: [ResampleAxis]
    private let batch: Int
    private let channels: Int
    /// Element strides of x and y: batch, channel, three spatial axes.
    private let xStrides: [Int]
    private let yStrides: [Int]

    /// - Parameters:
    ///   - axes: one per spatial axis.
    ///   - x: the shape of the input.
    package init(_ axes: [ResampleAxis], layout: ChannelLayout, x: [Int]) {
        let (batch, channels, _) = layout.split(x)
        self.axes = axes.leadingUnchanged
        self.batch = batch
        self.channels = channels
        self.xStrides = layout.elementStrides(channels: channels, spatial: self.axes.map(\.inputSize))
        self.yStrides = layout.elementStrides(channels: channels, spatial: self.axes.map(\.outputSize))
    }

    /// Calls `body` for every result with its offset and its position.
    package func eachOutput(_ body: (_ y: Int, _ position: [Int]) -> Void) {
        for n in 0..<self.batch {
            for c in 0..<self.channels {
                for d in 0..<self.axes[0].outputSize {
                    for h in 0..<self.axes[1].outputSize {
                        for w in 0..<self.axes[2].outputSize {
                            let position = [n, c, d, h, w]
                            body(zip(position, self.yStrides).reduce(0) { $0 + $1.0 * $1.1 }, position)
                        }
                    }
                }
            }
        }
    }

    /// Along some axis nothing goes into the result.
    package func isOutside(_ position: [Int]) -> Bool {
        self.axes.indices.contains { self.axes[$0].taps(position[$0 + 2]).weights.isEmpty }
    }

    /// Calls `body` with the offset and the weight of every input element of the result at `position`.
    package func eachTap(_ position: [Int], _ body: (_ x: Int, _ weight: Double) -> Void) {
        let taps = self.axes.indices.map { self.axes[$0].taps(position[$0 + 2]) }
        let start = position[0] * self.xStrides[0] + position[1] * self.xStrides[1]
        for (d, first) in zip(taps[0].start..., taps[0].weights) {
            for (h, second) in zip(taps[1].start..., taps[1].weights) {
                for (w, third) in zip(taps[2].start..., taps[2].weights) {
                    let place = start + d * self.xStrides[2] + h * self.xStrides[3] + w * self.xStrides[4]
                    body(place, Double(first) * Double(second) * Double(third))
                }
            }
        }
    }
}

extension [ResampleAxis] {
    /// Three axes: unchanged ones of size 1 in front where there are fewer.
    package var leadingUnchanged: [ResampleAxis] {
        [ResampleAxis](repeating: ResampleAxis(unchanged: 1), count: Swift.max(3 - self.count, 0)) + self
    }
}
