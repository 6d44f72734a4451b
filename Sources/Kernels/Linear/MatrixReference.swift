#if canImport(Glibc)
    import Glibc
#endif
package import Graph

/// A matrix product in plain Swift, summed in double (exact for integers up to 2^53): `activation(alpha a b + bias + factor * addend) + residual`.
package struct MatrixReference: Sendable {
    let product: MatrixProduct
    let offsets: (left: [Int], right: [Int])
    var transposeA = false
    var transposeB = false
    var alpha: Float = 1
    var activation = FusedActivation.none
    /// What operands are rounded to; element types of a, the residual and the result.
    private let rounded: NarrowFloat?
    private let a: ElementAccess
    private let b: ElementAccess
    private let residual: ElementAccess
    private let y: ElementAccess

    package init(
        _ product: MatrixProduct, transposeA: Bool = false, transposeB: Bool = false, alpha: Float = 1,
        activation: FusedActivation = .none, precision: DataType = .float32, a: DataType = .float32,
        b: DataType = .float32, residual: DataType = .float32, y: DataType = .float32
    ) {
        self.rounded = NarrowFloat(precision)
        self.a = ElementAccess(a)
        self.b = ElementAccess(b)
        self.residual = ElementAccess(residual)
        self.y = ElementAccess(y)
        self.product = product
        self.offsets = product.batchOffsets
        self.transposeA = transposeA
        self.transposeB = transposeB
        self.alpha = alpha
        self.activation = activation
    }

    /// - Parameter addend: a value for row and column that is added before the activation.
    func run(
        _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ y: UnsafeMutableRawPointer,
        residual: UnsafeRawPointer? = nil, addend: (_ row: Int, _ column: Int) -> Double
    ) {
        let (m, n, k) = (self.product.m, self.product.n, self.product.k)
        let (rowA, columnA) = self.transposeA ? (1, m) : (k, 1)
        let (rowB, columnB) = self.transposeB ? (1, k) : (n, 1)
        for index in 0..<self.product.batchCount {
            let left = self.offsets.left[index]
            let right = self.offsets.right[index]
            for i in 0..<m {
                for j in 0..<n {
                    var sum = 0.0
                    for l in 0..<k {
                        let x = self.a.double(a, left + i * rowA + l * columnA)
                        sum += self.round(x) * self.round(self.b.double(b, right + l * rowB + j * columnB))
                    }
                    let place = (index * m + i) * n + j
                    let value = self.activation.value(Double(self.alpha) * sum + addend(i, j))
                    self.y.store(value + (residual.map { self.residual.double($0, place) } ?? 0), y, place)
                }
            }
        }
    }

    private func round(_ value: Double) -> Double { self.rounded.map { $0.decode($0.encode(value)) } ?? value }
}

extension FusedActivation {
    /// The activation of one number.
    package func value(_ x: Double) -> Double {
        switch self {
        case .none: x
        case .relu: x < 0 ? 0 : x
        case .gelu: 0.5 * x * erfc(-x * 0.5.squareRoot())
        case .geluTanh: 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        case .silu: x / (1 + exp(-x))
        case .sigmoid: 1 / (1 + exp(-x))
        }
    }
}

extension KernelError {
    /// A broken shape found where a kernel is made, after the type rule had accepted it.
    package init(_ error: GraphError) {
        self.init(.unsupported, error.subject, error.message)
    }
}
