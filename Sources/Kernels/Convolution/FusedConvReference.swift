import Graph

/// The convolution in plain Swift, summed in Double.
struct FusedConvReference: Sendable {
    private let walk: ConvolutionReference
    private let activation: FusedActivation
    /// What operands are rounded to; nil for not at all.
    private let rounded: NarrowFloat?
    private let x: ElementAccess
    private let w: ElementAccess
    private let residual: ElementAccess
    private let y: ElementAccess

    init(_ op: FusedConv, _ problem: KernelProblem) {
        self.walk = ConvolutionReference(op.problem(problem))
        self.activation = op.activation
        self.rounded = NarrowFloat(op.precision)
        self.x = ElementAccess(problem.input(0).dataType)
        self.w = ElementAccess(problem.input(1).dataType)
        self.y = ElementAccess(problem.outputs[0].dataType)
        self.residual = problem.optionalInput(3).map { ElementAccess($0.dataType) } ?? self.y
    }

    func run(_ call: KernelCall) {
        let (x, w) = (call.bytes(0), call.bytes(1))
        let (bias, residual, gate) = (call.optionalBytes(2), call.optionalBytes(3), call.optionalBytes(4))
        self.walk.eachOutput { n, o, position in
            var sum = bias.map { self.w.double($0, o) } ?? 0
            self.walk.eachProduct(n, o, position) { (place, tap) in
                var value = self.x.double(x, place)
                if let gate { value *= self.w.double(gate, self.walk.problem.channelPlace(ofInput: place)) }
                sum += self.round(value) * self.round(self.w.double(w, tap))
            }
            let place = self.walk.yOffset(n, o, position)
            let rest = residual.map { self.residual.double($0, place) } ?? 0
            self.y.store(self.activation.value(sum + rest), call.outputBytes(0), place)
        }
    }

    private func round(_ value: Double) -> Double { self.rounded.map { $0.rounded(value) } ?? value }
}
