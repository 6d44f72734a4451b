package import Graph

/// Walks a convolution in plain Swift: every product of one x, one w and one y, for forward and gradients alike.
package struct ConvolutionReference: Sendable {
    package let problem: ConvolutionProblem
    /// Element strides of x and y: batch, channel, three spatial axes.
    private let xStrides: [Int]
    private let yStrides: [Int]
    private let strides: [Int]
    private let dilations: [Int]
    private let before: [Int]

    package init(_ problem: ConvolutionProblem) {
        self.problem = problem
        self.strides = problem.window.strides.leading(1)
        self.dilations = problem.window.dilations.leading(1)
        self.before = problem.window.padsBefore.leading(0)
        self.xStrides = problem.layout.elementStrides(channels: problem.inChannels, spatial: problem.input)
        self.yStrides = problem.layout.elementStrides(channels: problem.outChannels, spatial: problem.output)
    }

    /// The offset of an output element.
    package func yOffset(_ n: Int, _ o: Int, _ position: (Int, Int, Int)) -> Int {
        n * self.yStrides[0] + o * self.yStrides[1] + position.0 * self.yStrides[2] + position.1 * self.yStrides[3]
            + position.2 * self.yStrides[4]
    }

    /// Calls `body` for every output position.
    package func eachOutput(_ body: (_ n: Int, _ o: Int, _ position: (Int, Int, Int)) -> Void) {
        for n in 0..<self.problem.batch {
            for o in 0..<self.problem.outChannels {
                for d in 0..<self.problem.output[0] {
                    for h in 0..<self.problem.output[1] {
                        for w in 0..<self.problem.output[2] { body(n, o, (d, h, w)) }
                    }
                }
            }
        }
    }

    /// Calls `body` with the offsets of every x and w that are multiplied for one output element.
    package func eachProduct(_ n: Int, _ o: Int, _ position: (Int, Int, Int), _ body: (_ x: Int, _ w: Int) -> Void) {
        let kernel = self.problem.kernel
        let groups = self.problem.window.groups
        let perGroup = self.problem.inChannels / groups
        let firstChannel = o / (self.problem.outChannels / groups) * perGroup
        for channel in 0..<perGroup {
            for kd in 0..<kernel[0] {
                guard let d = self.place(0, position.0, kd) else { continue }
                for kh in 0..<kernel[1] {
                    guard let h = self.place(1, position.1, kh) else { continue }
                    for kw in 0..<kernel[2] {
                        guard let w = self.place(2, position.2, kw) else { continue }
                        let row = n * self.xStrides[0] + (firstChannel + channel) * self.xStrides[1]
                        let x = row + d * self.xStrides[2] + h * self.xStrides[3] + w * self.xStrides[4]
                        body(x, (((o * perGroup + channel) * kernel[0] + kd) * kernel[1] + kh) * kernel[2] + kw)
                    }
                }
            }
        }
    }

    /// Adds up the gradient of x, in place of what `sums` held.
    package func inputGradient(_ dy: UnsafePointer<Float>, _ w: UnsafePointer<Float>, into sums: UnsafeMutablePointer<Double>) {
        self.inputGradient({ Double(dy[$0]) }, { Double(w[$0]) }, into: sums)
    }

    /// The same by the elements of dy and w.
    func inputGradient(_ dy: (Int) -> Double, _ w: (Int) -> Double, into sums: UnsafeMutablePointer<Double>) {
        let count = self.problem.batch * self.problem.inChannels * self.problem.input.reduce(1, *)
        for place in 0..<count { sums[place] = 0 }
        self.eachOutput { n, o, position in
            let slope = dy(self.yOffset(n, o, position))
            self.eachProduct(n, o, position) { sums[$0] += slope * w($1) }
        }
    }

    /// The input coordinate that a tap reads, nil in the padding.
    private func place(_ axis: Int, _ position: Int, _ tap: Int) -> Int? {
        let place = position * self.strides[axis] - self.before[axis] + tap * self.dilations[axis]
        return place >= 0 && place < self.problem.input[axis] ? place : nil
    }
}

extension ChannelLayout {
    /// Strides of batch, channel and three spatial axes, in elements.
    package func elementStrides(channels: Int, spatial: [Int]) -> [Int] {
        let area = spatial.reduce(1, *)
        let step = self == .last ? channels : 1
        return [
            channels * area, self == .last ? 1 : area, spatial[1] * spatial[2] * step, spatial[2] * step, step,
        ]
    }
}
