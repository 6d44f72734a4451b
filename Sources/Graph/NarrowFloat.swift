/// The layout of a floating type of 16 bits or less, and its conversion to and from Double.
///
/// Sources: IEEE 754 (float16), the OCP formats of 8 and 4 bits (E4M3, E5M2, E8M0, E2M1) and their `fnuz` relatives
/// without infinities and negative zero, as ONNX names them.
package struct NarrowFloat: Sendable {
    /// How a number between two powers of two becomes one of them.
    package enum PowerRounding: String, Sendable, Hashable {
        case up
        case down
        /// Halves go up.
        case nearest
    }

    private let exponentBits: Int
    private let mantissaBits: Int
    private let bias: Int
    /// Largest finite magnitude.
    package let largest: Double
    /// Bits of an infinity without its sign; nil where the format has none.
    private let infinity: UInt16?
    /// Bits of a NaN; nil where the format has none.
    private let notANumber: UInt16?
    /// Zero has one sign only.
    private let hasUnsignedZero: Bool

    /// Nil for types that are wider, or no floats.
    package init?(_ type: DataType) {
        switch type {
        case .float16: self.init(5, 10, bias: 15, largest: 65504, infinity: 0x7C00, notANumber: 0x7E00)
        case .bfloat16: self.init(8, 7, bias: 127, largest: 0x1.FEp127, infinity: 0x7F80, notANumber: 0x7FC0)
        case .float8e4m3fn: self.init(4, 3, bias: 7, largest: 448, notANumber: 0x7F)
        case .float8e4m3fnuz: self.init(4, 3, bias: 8, largest: 240, notANumber: 0x80, hasUnsignedZero: true)
        case .float8e5m2: self.init(5, 2, bias: 15, largest: 57344, infinity: 0x7C, notANumber: 0x7F)
        case .float8e5m2fnuz: self.init(5, 2, bias: 16, largest: 57344, notANumber: 0x80, hasUnsignedZero: true)
        case .float4e2m1: self.init(2, 1, bias: 1, largest: 6)
        // Exponents alone; see `decode` and `encode`.
        case .float8e8m0: self.init(8, 0, bias: 127, largest: 0x1p127, notANumber: 0xFF)
        default: return nil
        }
    }

    private init(
        _ exponentBits: Int, _ mantissaBits: Int, bias: Int, largest: Double, infinity: UInt16? = nil,
        notANumber: UInt16? = nil, hasUnsignedZero: Bool = false
    ) {
        self.exponentBits = exponentBits
        self.mantissaBits = mantissaBits
        self.bias = bias
        self.largest = largest
        self.infinity = infinity
        self.notANumber = notANumber
        self.hasUnsignedZero = hasUnsignedZero
    }

    /// Neither sign nor mantissa nor zero: E8M0.
    private var isExponentOnly: Bool { self.mantissaBits == 0 }

    private var signBit: UInt16 { 1 << UInt16(self.exponentBits + self.mantissaBits) }

    package func decode(_ bits: UInt16) -> Double {
        if self.isExponentOnly {
            return bits == 0xFF ? .nan : Double(sign: .plus, exponent: Int(bits) - self.bias, significand: 1)
        }
        let isNegative = bits & self.signBit != 0
        let magnitude = bits & (self.signBit - 1)
        let value: Double
        if self.hasUnsignedZero, bits == self.notANumber { return .nan }
        if let infinity = self.infinity, magnitude >= infinity {
            value = magnitude == infinity ? .infinity : .nan
        } else if !self.hasUnsignedZero, magnitude == self.notANumber {
            value = .nan
        } else {
            let exponent = Int(magnitude >> UInt16(self.mantissaBits))
            let mantissa = Double(magnitude & (1 << UInt16(self.mantissaBits) - 1))
            let scale = Double(sign: .plus, exponent: max(exponent, 1) - self.bias - self.mantissaBits, significand: 1)
            value = (exponent == 0 ? mantissa : mantissa + Double(1 << self.mantissaBits)) * scale
        }
        return isNegative ? -value : value
    }

    /// The nearest number of the format, ties to even.
    /// - Parameter saturates: beyond the range, and for infinities, the largest finite number; else infinity where the
    ///   format has one, or NaN. NaN becomes 0 where the format has none.
    /// - Parameter rounding: for the format that has nothing but an exponent.
    package func encode(_ value: Double, saturates: Bool = false, rounding: PowerRounding = .nearest) -> UInt16 {
        if value.isNaN { return self.notANumber ?? 0 }
        if self.isExponentOnly { return self.encodeExponent(value, saturates: saturates, rounding: rounding) }
        let sign = value.sign == .minus ? self.signBit : 0
        let magnitude = value.magnitude
        guard magnitude.isFinite else { return self.beyond(sign, saturates: saturates) }
        let exponent = magnitude == 0 ? 1 - self.bias : max(Int(magnitude.exponent), 1 - self.bias)
        let quantum = Double(sign: .plus, exponent: exponent - self.mantissaBits, significand: 1)
        let steps = (magnitude / quantum).rounded(.toNearestOrEven)
        if steps * quantum > self.largest { return self.beyond(sign, saturates: saturates) }
        // A carry out of the mantissa adds one to the exponent by itself.
        let base = (exponent + self.bias - 1) << self.mantissaBits
        let bits = UInt16(base + Int(steps))
        return bits == 0 && self.hasUnsignedZero ? 0 : bits | sign
    }

    /// The nearest number of the format, as a Double.
    package func rounded(_ value: Double) -> Double { self.decode(self.encode(value)) }

    private func beyond(_ sign: UInt16, saturates: Bool) -> UInt16 {
        if !saturates, let infinity = self.infinity { return infinity | sign }
        if !saturates, let notANumber = self.notANumber { return self.hasUnsignedZero ? notANumber : notANumber | sign }
        return self.encode(self.largest) | sign
    }

    /// A power of two; 0 and less are the smallest, or not a number.
    private func encodeExponent(_ value: Double, saturates: Bool, rounding: PowerRounding) -> UInt16 {
        guard value > 0 else { return saturates ? 0 : 0xFF }
        guard value.isFinite else { return saturates ? 0xFE : 0xFF }
        let goesUp =
            switch rounding {
            case .up: value.significand > 1
            case .down: false
            case .nearest: value.significand >= 1.5
            }
        let exponent = Int(value.exponent) + (goesUp ? 1 : 0) + self.bias
        if exponent > 0xFE { return saturates ? 0xFE : 0xFF }
        if exponent < 0 { return saturates ? 0 : 0xFF }
        return UInt16(exponent)
    }
}
