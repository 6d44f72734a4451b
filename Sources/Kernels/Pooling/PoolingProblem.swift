package import CKernels
package import Graph

/// The sizes of one pooling over three spatial axes, for forward and gradient kernels.
package struct PoolingProblem: Sendable {
    package let spec: ck_pool_spec
    package let layout: ChannelLayout
    package let input: [Int]
    package let output: [Int]
    private let kernel: [Int]
    private let window: Window

    /// - Parameters:
    ///   - x: the shape of x.
    ///   - y: the shape of y.
    package init(kernel: [Int], window: Window, layout: ChannelLayout, x: [Int], y: [Int], countIncludePad: Bool = false) {
        let (batch, channels, spatial) = layout.split(x)
        self.layout = layout
        self.kernel = kernel.leading(1)
        self.window = window
        self.input = spatial.leading(1)
        self.output = layout.split(y).spatial.leading(1)
        var spec = ck_pool_spec()
        spec.batch = batch
        spec.channels = channels
        spec.in = self.input.counts
        spec.out = self.output.counts
        spec.kernel = self.kernel.counts
        spec.strides = window.strides.leading(1).counts
        spec.dilations = window.dilations.leading(1).counts
        spec.before = window.padsBefore.leading(0).counts
        spec.after = window.padsAfter.leading(0).counts
        spec.channels_last = layout == .last
        spec.count_include_pad = countIncludePad
        self.spec = spec
    }

    /// Walks every output element in plain Swift: its offset, the offsets of the x under its window in order, and the
    /// number of positions that an average counts. For reference kernels.
    package func eachWindow(_ body: (_ y: Int, _ x: [Int], _ count: Int) -> Void) {
        let xStrides = self.layout.elementStrides(channels: self.spec.channels, spatial: self.input)
        let yStrides = self.layout.elementStrides(channels: self.spec.channels, spatial: self.output)
        for n in 0..<self.spec.batch {
            for c in 0..<self.spec.channels {
                for d in 0..<self.output[0] {
                    for h in 0..<self.output[1] {
                        for w in 0..<self.output[2] {
                            let axes = [self.taps(0, d), self.taps(1, h), self.taps(2, w)]
                            let start = n * xStrides[0] + c * xStrides[1]
                            let y = n * yStrides[0] + c * yStrides[1] + d * yStrides[2] + h * yStrides[3] + w * yStrides[4]
                            let count = axes.reduce(1) { $0 * (self.spec.count_include_pad ? $1.padded : $1.inside.count) }
                            body(y, Self.offsets(axes.map(\.inside), xStrides, start), count)
                        }
                    }
                }
            }
        }
    }

    /// The input coordinates under the window along one axis, and how many taps lie in the input or its padding.
    private func taps(_ axis: Int, _ position: Int) -> (inside: [Int], padded: Int) {
        let start = position * self.window.strides.leading(1)[axis] - self.window.padsBefore.leading(0)[axis]
        let all = (0..<self.kernel[axis]).map { start + $0 * self.window.dilations.leading(1)[axis] }
        let end = self.input[axis] + self.window.padsAfter.leading(0)[axis]
        return (all.filter { $0 >= 0 && $0 < self.input[axis] }, all.count { $0 < end })
    }

    private static func offsets(_ taps: [[Int]], _ strides: [Int], _ start: Int) -> [Int] {
        taps[0].flatMap { d in
            taps[1].flatMap { h in taps[2].map { w in start + d * strides[2] + h * strides[3] + w * strides[4] } }
        }
    }
}

extension [Int] {
    /// Three entries as C wants them.
    var counts: (Int, Int, Int) { (self[0], self[1], self[2]) }
}

extension KernelProblem {
    /// Whether x and y are bfloat16, channels last, or else float32; nil for what pooling in C does not take.
    func isNarrowPooling(_ layout: ChannelLayout) -> Bool? {
        switch self.elementType {
        case .float32: false
        case .bfloat16 where layout == .last: true
        default: nil
        }
    }
}
