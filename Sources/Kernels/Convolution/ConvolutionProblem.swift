package import CKernels
package import Graph

/// The sizes of one convolution over three spatial axes, absent ones of size 1, for forward and gradient kernels.
package struct ConvolutionProblem: Sendable {
    package let window: Window
    package let layout: ChannelLayout
    package let batch: Int
    package let inChannels: Int
    package let outChannels: Int
    package let input: [Int]
    package let kernel: [Int]
    package let output: [Int]
    package let spatialRank: Int

    /// - Parameters:
    ///   - x: the shape of x.
    ///   - w: the shape of w.
    ///   - y: the shape of y.
    package init(window: Window, layout: ChannelLayout, x: [Int], w: [Int], y: [Int]) {
        self.window = window
        self.layout = layout
        let (batch, channels, spatial) = layout.split(x)
        self.batch = batch
        self.inChannels = channels
        self.outChannels = w[0]
        self.input = spatial.leading(1)
        self.kernel = Array(w.dropFirst(2)).leading(1)
        self.output = layout.split(y).spatial.leading(1)
        self.spatialRank = spatial.count
    }

    /// Where an element of x lies in a tensor with one element for each channel of a picture.
    func channelPlace(ofInput place: Int) -> Int {
        let area = self.input.reduce(1, *)
        switch self.layout {
        case .first: return place / area
        case .last: return place / (area * self.inChannels) * self.inChannels + place % self.inChannels
        }
    }

    /// The description on the C side, without anything fused.
    package var spec: ck_conv_spec {
        var spec = ck_conv_spec()
        spec.spatial_rank = Int32(self.spatialRank)
        spec.batch = Int64(self.batch)
        spec.in_channels = Int64(self.inChannels)
        spec.out_channels = Int64(self.outChannels)
        spec.groups = Int64(self.window.groups)
        spec.in = self.input.wideTriple
        spec.kernel = self.kernel.wideTriple
        spec.out = self.output.wideTriple
        spec.strides = self.window.strides.leading(1).wideTriple
        spec.dilations = self.window.dilations.leading(1).wideTriple
        spec.before = self.window.padsBefore.leading(0).wideTriple
        spec.after = self.window.padsAfter.leading(0).wideTriple
        spec.channels_last = self.layout == .last
        return spec
    }
}

extension [Int] {
    /// The list with `value` put in front until it has three entries.
    package func leading(_ value: Int) -> [Int] {
        [Int](repeating: value, count: Swift.max(3 - self.count, 0)) + self
    }

    /// Three entries as C wants them.
    fileprivate var wideTriple: (Int64, Int64, Int64) { (Int64(self[0]), Int64(self[1]), Int64(self[2])) }
}
