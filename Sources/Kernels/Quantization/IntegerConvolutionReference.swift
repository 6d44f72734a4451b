import Graph

/// A convolution of 8-bit integers less their zero points, summed in int32, which wraps around.
struct IntegerConvolutionReference: Sendable {
    private let reference: ConvolutionReference
    private let x: ElementAccess
    private let w: ElementAccess

    init(_ window: Window, layout: ChannelLayout = .first, x: TensorType, w: TensorType, y: TensorType) {
        self.reference = ConvolutionReference(
            ConvolutionProblem(window: window, layout: layout, x: x.shape, w: w.shape, y: y.shape))
        self.x = ElementAccess(x.dataType)
        self.w = ElementAccess(w.dataType)
    }

    /// Calls `body` with the place of every element of the result, its channel and its sum.
    /// - Parameter zeros: the zero points of x and w for an output channel.
    func run(
        _ x: UnsafeRawPointer, _ w: UnsafeRawPointer, zeros: (Int) -> (x: Int32, w: Int32), _ body: (Int, Int, Int32) -> Void
    ) {
        self.reference.eachOutput { n, channel, position in
            let (left, right) = zeros(channel)
            var sum = Int32(0)
            self.reference.eachProduct(n, channel, position) {
                let a = Int32(truncatingIfNeeded: self.x.integer(x, $0)) &- left
                sum &+= a &* (Int32(truncatingIfNeeded: self.w.integer(w, $1)) &- right)
            }
            body(self.reference.yOffset(n, channel, position), channel, sum)
        }
    }
}
