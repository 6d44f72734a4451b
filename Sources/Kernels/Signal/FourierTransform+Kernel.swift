#if canImport(Glibc)
    import Glibc
#endif
package import Graph

extension FourierTransform: Executable {
    package static let implementations: [Implementation<FourierTransform>] = [
        Implementation("reference") { op, problem in
            let (x, y) = (problem.input(0), problem.outputs[0])
            guard let length = try? op.length(x) else { return nil }
            let turns = FourierTurns(length, isInverse: op.isInverse)
            let (from, to) = (AxisShape(x, axis: op.axis), AxisShape(y, axis: op.axis))
            let parts = x.shape[x.rank - 1]
            let access = ElementAccess(x.dataType)
            return ClosureKernel { call in
                for outer in 0..<from.outer {
                    for inner in 0..<(from.inner / parts) {
                        for frequency in 0..<to.count {
                            let sum = turns.sum(frequency, min(from.count, length)) { index in
                                let place = (outer * from.count + index) * from.inner + inner * parts
                                let imaginary = parts == 2 ? access.double(call.bytes(0), place + 1) : 0
                                return (access.double(call.bytes(0), place), imaginary)
                            }
                            let place = (outer * to.count + frequency) * to.inner + inner * 2
                            access.store(sum.real, call.outputBytes(0), place)
                            access.store(sum.imaginary, call.outputBytes(0), place + 1)
                        }
                    }
                }
            }
        }
    ]
}

/// The points of the unit circle that a transform multiplies by.
private struct FourierTurns: Sendable {
    private let length: Int
    private let scale: Double
    private let cosines: [Double]
    private let sines: [Double]

    init(_ length: Int, isInverse: Bool) {
        let angle = (isInverse ? 2 : -2) * Double.pi / Double(length)
        self.length = length
        self.scale = isInverse ? 1 / Double(length) : 1
        self.cosines = (0..<length).map { cos(Double($0) * angle) }
        self.sines = (0..<length).map { sin(Double($0) * angle) }
    }

    /// One frequency of `count` elements.
    func sum(_ frequency: Int, _ count: Int, _ element: (Int) -> (Double, Double)) -> (real: Double, imaginary: Double) {
        var (real, imaginary, turn) = (0.0, 0.0, 0)
        for index in 0..<count {
            let (a, b) = element(index)
            real += a * self.cosines[turn] - b * self.sines[turn]
            imaginary += a * self.sines[turn] + b * self.cosines[turn]
            turn = (turn + frequency) % self.length
        }
        return (real * self.scale, imaginary * self.scale)
    }
}
