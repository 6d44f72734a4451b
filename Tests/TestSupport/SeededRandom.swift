package import Graph

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for a seed everywhere.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        self.state = seed
    }

    package mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var z = self.state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A tensor of uniform numbers: floats over `range`, integers over its whole numbers, bools fair.
    package mutating func tensor(_ type: TensorType, in range: ClosedRange<Float>) -> Tensor {
        let tensor = Tensor(zeros: type)
        switch type.dataType {
        case .float32: self.fill(tensor) { (random: inout SeededRandom) in Float.random(in: range, using: &random) }
        case .float64:
            self.fill(tensor) { (random: inout SeededRandom) in
                Double.random(in: Double(range.lowerBound)...Double(range.upperBound), using: &random)
            }
        case .int64:
            self.fill(tensor) { (random: inout SeededRandom) in
                Int64.random(in: Int64(range.lowerBound)...Int64(range.upperBound), using: &random)
            }
        case .int32:
            self.fill(tensor) { (random: inout SeededRandom) in
                Int32.random(in: Int32(range.lowerBound)...Int32(range.upperBound), using: &random)
            }
        case .bool, .uint8: self.fill(tensor) { (random: inout SeededRandom) in UInt8.random(in: 0...1, using: &random) }
        default:
            let access = ElementAccess(type.dataType)
            for index in 0..<type.elementCount {
                let value = Double(Float.random(in: range, using: &self))
                access.store(access.isFloating ? value : value.rounded(.down), tensor.rawPointer, index)
            }
        }
        return tensor
    }

    private mutating func fill<Element: BitwiseCopyable>(_ tensor: Tensor, _ next: (inout SeededRandom) -> Element) {
        tensor.withElements(as: Element.self) { elements in
            for index in elements.indices { elements[index] = next(&self) }
        }
    }
}
