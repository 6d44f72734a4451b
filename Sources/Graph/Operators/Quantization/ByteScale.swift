/// Which numbers the bytes of a tensor stand for: `(byte - zero) * scale`, the same for all of them.
package struct ByteScale: Sendable, Hashable, CustomStringConvertible {
    package let scale: Float
    package let zero: Int
    /// uint8 or int8.
    package let type: DataType

    /// Nil unless the scale is a positive number, the type has 8 bits and holds the zero point.
    package init?(scale: Float, zero: Int, type: DataType) {
        guard scale > 0, scale.isFinite, let range = Self.range(of: type), range.contains(zero) else { return nil }
        self.scale = scale
        self.zero = zero
        self.type = type
    }

    /// The bytes that exist.
    package var range: ClosedRange<Int> { Self.range(of: self.type) ?? 0...255 }

    package var description: String { "\(self.type.rawValue) \(self.scale) from \(self.zero)" }

    private static func range(of type: DataType) -> ClosedRange<Int>? {
        switch type {
        case .uint8: 0...255
        case .int8: -128...127
        default: nil
        }
    }
}

extension Graph {
    /// Emits the two constants that `QuantizeLinear` and `DequantizeLinear` take.
    package mutating func constants(of bytes: ByteScale) -> (scale: ValueID, zero: ValueID) {
        let scale = self.constant(Tensor([bytes.scale], shape: []), name: "scale")
        return (scale, self.constant(Tensor(scalar: Double(bytes.zero), bytes.type), name: "zero_point"))
    }

    /// Emits a node that rounds numbers to bytes.
    package mutating func quantized(_ value: ValueID, _ bytes: ByteScale, name: String? = nil) throws(GraphError) -> ValueID {
        let (scale, zero) = self.constants(of: bytes)
        return try self.apply(QuantizeLinear(to: bytes.type), value, scale, zero, name: name)
    }

    /// Emits a node that gives the numbers for bytes.
    package mutating func dequantized(_ value: ValueID, _ bytes: ByteScale, name: String? = nil) throws(GraphError) -> ValueID {
        let (scale, zero) = self.constants(of: bytes)
        return try self.apply(DequantizeLinear(), value, scale, zero, name: name)
    }
}
