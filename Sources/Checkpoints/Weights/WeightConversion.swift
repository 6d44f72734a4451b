package import Graph

extension Tensor {
    /// The tensor as float32: itself, or a converted copy of float16, bfloat16 or float64; nil for other types.
    package func asFloat32() -> Tensor? {
        switch self.type.dataType {
        case .float32: self
        case .float16: self.converted(from: UInt16.self) { floatFromHalf($0) }
        case .bfloat16: self.converted(from: UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
        case .float64: self.converted(from: Double.self) { Float($0) }
        default: nil
        }
    }

    @inline(__always)
    private func converted<Source: BitwiseCopyable>(from type: Source.Type, _ convert: (Source) -> Float) -> Tensor {
        let result = Tensor(zeros: TensorType(.float32, self.shape))
        // Plain pointers, because a closure that crosses the module's border is called for every element.
        let count = self.type.elementCount
        let source = self.rawPointer.bindMemory(to: Source.self, capacity: max(count, 1))
        let destination = result.rawPointer.bindMemory(to: Float.self, capacity: max(count, 1))
        for index in 0..<count { destination[index] = convert(source[index]) }
        withExtendedLifetime(self.storage) {}
        return result
    }
}

/// The value of float16 bits. Written without branches, so that the loop above becomes SIMD code on a CPU without
/// conversion instructions, and without subnormal floats, which oneDNN's threads may flush to zero.
@inline(__always)
private func floatFromHalf(_ bits: UInt16) -> Float {
    let magnitude = UInt32(bits & 0x7FFF)
    let exponent = bits & 0x7C00
    let subnormal = (Float(Int32(bitPattern: magnitude)) * 0x1p-24).bitPattern
    let normal = magnitude &<< 13 &+ 0x3800_0000
    let special = magnitude &<< 13 | 0x7F80_0000
    let value = exponent == 0 ? subnormal : exponent == 0x7C00 ? special : normal
    return Float(bitPattern: value | UInt32(bits & 0x8000) &<< 16)
}
