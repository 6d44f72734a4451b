import Graph

/// A polynomial of at most degree 3 in one value of a graph, however its terms are written: what stands inside the
/// activations that exporters take apart.
struct Cubic: Equatable {
    /// By power of the value, from 0 to 3.
    let coefficients: [Double]

    private init(_ coefficients: [Double]) {
        self.coefficients = coefficients
    }

    /// - Parameters:
    ///   - value: what is to be a polynomial.
    ///   - x: in this value.
    /// - Returns: nil where something else than x and constants of one element is in it, or a power above 3.
    init?(_ value: ValueID, in x: ValueID, _ graph: Graph) {
        self.init(value, in: x, graph, depth: 0)
    }

    private init?(_ value: ValueID, in x: ValueID, _ graph: Graph, depth: Int) {
        if value == x {
            self.init([0, 1, 0, 0])
            return
        }
        if let number = graph[value].constant?.scalar {
            self.init([number, 0, 0, 0])
            return
        }
        // Longer than any spelling; values read twice would double the work at each step.
        guard depth < 8, let node = graph.producer(of: value) else { return nil }
        let terms = node.inputs.compactMap { $0.flatMap { Cubic($0, in: x, graph, depth: depth + 1) } }
        guard terms.count == node.inputs.count, let made = Self.applied(node.op, terms) else { return nil }
        self = made
    }

    /// The operator on polynomials.
    private static func applied(_ op: any Operator, _ terms: [Cubic]) -> Cubic? {
        switch (op, terms.count) {
        case (is Add, 2): Cubic(zip(terms[0].coefficients, terms[1].coefficients).map { $0 + $1 })
        case (is Sub, 2): Cubic(zip(terms[0].coefficients, terms[1].coefficients).map { $0 - $1 })
        case (is Neg, 1): Cubic(terms[0].coefficients.map { -$0 })
        case (is Mul, 2): terms[0].times(terms[1])
        case (is Div, 2): terms[1].constant.map { divisor in Cubic(terms[0].coefficients.map { $0 / divisor }) }
        case (is Pow, 2):
            switch terms[1].constant {
            case 1: terms[0]
            case 2: terms[0].times(terms[0])
            case 3: terms[0].times(terms[0])?.times(terms[0])
            default: nil
            }
        default: nil
        }
    }

    /// The number, if there is nothing else.
    private var constant: Double? {
        self.coefficients.dropFirst().allSatisfy { $0 == 0 } ? self.coefficients[0] : nil
    }

    /// Nil above the third power.
    private func times(_ other: Cubic) -> Cubic? {
        var product = [Double](repeating: 0, count: 7)
        for (i, a) in self.coefficients.enumerated() {
            for (j, b) in other.coefficients.enumerated() { product[i + j] += a * b }
        }
        return product[4...].allSatisfy { $0 == 0 } ? Cubic(Array(product[..<4])) : nil
    }

    /// Whether each coefficient is the given one but for a rounding of its last digits.
    func isClose(to coefficients: [Double]) -> Bool {
        zip(self.coefficients, coefficients).allSatisfy { abs($0 - $1) <= 1e-5 * abs($1) }
    }
}
