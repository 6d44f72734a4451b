/// A named bound on the difference of two numbers.
package struct Tolerance: Sendable {
    package let absolute: Double
    package let relative: Double

    package init(absolute: Double, relative: Double) {
        self.absolute = absolute
        self.relative = relative
    }

    package static let exact = Tolerance(absolute: 0, relative: 0)
    /// Two float32 computations that differ in the order of their sums.
    package static let float32 = Tolerance(absolute: 1e-5, relative: 2e-5)
    /// An analytic gradient against central differences of float32 outputs.
    package static let gradient = Tolerance(absolute: 2e-3, relative: 5e-3)
    /// A transcendental approximated by a polynomial, or a golden file from another library.
    package static let golden = Tolerance(absolute: 1e-5, relative: 1e-4)

    /// NaN is never accepted, nor a number where infinity is expected.
    package func accepts(_ actual: Double, _ expected: Double) -> Bool {
        if actual == expected { return true }
        guard expected.isFinite else { return false }
        return abs(actual - expected) <= self.absolute + self.relative * abs(expected)
    }

    /// The worst element that is not accepted, as a message; nil when all are.
    package func mismatch(_ actual: [Double], _ expected: [Double], _ what: String) -> String? {
        guard actual.count == expected.count else { return "\(what): \(actual.count) elements, expected \(expected.count)" }
        var worst: (index: Int, distance: Double)?
        for index in actual.indices where !self.accepts(actual[index], expected[index]) {
            let distance = abs(actual[index] - expected[index])
            let rank = distance.isNaN ? Double.infinity : distance
            if worst.map({ rank > $0.distance }) ?? true { worst = (index, rank) }
        }
        return worst.map { "\(what): element \($0.index) is \(actual[$0.index]), expected \(expected[$0.index])" }
    }
}
