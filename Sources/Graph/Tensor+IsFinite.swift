extension Tensor {
    /// No element is NaN or infinite, as far as that is known at a glance: true of integers, false of floats of eight bits or
    /// less.
    package var isFinite: Bool {
        switch self.type.dataType {
        case .float32: self.lacksFullExponent(0x7F80_0000 as UInt32)
        case .float64: self.lacksFullExponent(0x7FF0_0000_0000_0000 as UInt64)
        case .float16: self.lacksFullExponent(0x7C00 as UInt16)
        case .bfloat16: self.lacksFullExponent(0x7F80 as UInt16)
        default: !self.type.dataType.isFloating
        }
    }

    /// No element has every bit of the exponent set.
    private func lacksFullExponent<Bits: FixedWidthInteger & BitwiseCopyable>(_ exponent: Bits) -> Bool {
        let bits = UnsafeRawPointer(self.rawPointer).assumingMemoryBound(to: Bits.self)
        // Without an early end the compiler takes many elements at once.
        var full: Bits = 0
        for index in 0..<self.type.elementCount { full |= bits[index] & exponent == exponent ? 1 : 0 }
        return withExtendedLifetime(self.storage) { full == 0 }
    }
}
