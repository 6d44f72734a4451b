/// The elements of a JSON array while it is read: packed as long as they are numbers.
struct PackedElements {
    private var integers: [Int64] = []
    private var numbers: [Double] = []
    private var nodes: [JSONNode] = []

    mutating func append(_ node: JSONNode) {
        switch node {
        case .integer(let value) where self.nodes.isEmpty && self.numbers.isEmpty:
            self.integers.append(value)
        case .integer(let value) where self.nodes.isEmpty:
            self.numbers.append(Double(value))
        case .number(let value) where self.nodes.isEmpty:
            self.unpackIntegers()
            self.numbers.append(value)
        default:
            if self.nodes.isEmpty { self.unpackAll() }
            self.nodes.append(node)
        }
    }

    private mutating func unpackIntegers() {
        self.numbers += self.integers.map(Double.init)
        self.integers = []
    }

    private mutating func unpackAll() {
        self.nodes = self.integers.map { .integer($0) } + self.numbers.map { .number($0) }
        self.integers = []
        self.numbers = []
    }

    var node: JSONNode {
        if !self.integers.isEmpty { return .integers(self.integers) }
        if !self.numbers.isEmpty { return .numbers(self.numbers) }
        return .array(self.nodes)
    }
}

/// A decimal number while it is read: significant digits and a power of ten.
struct DecimalNumber {
    private var digits: UInt64 = 0
    private var exponent = 0
    /// Whether `digits` and `exponent` are the whole truth.
    private var isExact = true

    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
        1e22,
    ]

    mutating func appendWhole(_ digit: Int) {
        let (product, overflow) = self.digits.multipliedReportingOverflow(by: 10)
        let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
        guard self.isExact, !overflow, !carry else {
            self.isExact = false
            return
        }
        self.digits = sum
    }

    mutating func appendFraction(_ digit: Int) {
        self.appendWhole(digit)
        if self.isExact { self.exponent -= 1 }
    }

    mutating func scale(by exponent: Int) {
        self.exponent += exponent
    }

    /// As a whole number, when it has no fraction and fits.
    func whole(isNegative: Bool) -> Int64? {
        guard self.isExact, self.exponent == 0 else { return nil }
        if isNegative { return self.digits == 0 ? nil : Int64(exactly: self.digits).map { -$0 } }
        return Int64(exactly: self.digits)
    }

    /// The nearest double where one multiplication or division of exact numbers gives it (Clinger 1990); else nil.
    func exact(isNegative: Bool) -> Double? {
        guard self.isExact, self.digits <= 1 << 53, abs(self.exponent) <= 22 else { return nil }
        let power = Self.powers[abs(self.exponent)]
        let value = self.exponent < 0 ? Double(self.digits) / power : Double(self.digits) * power
        return isNegative ? -value : value
    }
}
