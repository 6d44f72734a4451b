package import Graph

/// The numbers that golden files name instead of storing; the same generator as `Scripts/golden/common.py`.
///
/// A stream is seeded by the FNV-1a hash of its name and mixed as SplitMix64.
package enum GoldenGenerator {
    /// `offset + scale * u`, u uniform over [-1, 1) with 24 bits.
    package static func uniform(_ name: String, shape: [Int], scale: Float, offset: Float = 0) -> Tensor {
        let seed = self.seed(name)
        let tensor = Tensor(zeros: TensorType(.float32, shape))
        tensor.withElements(as: Float.self) { elements in
            for index in elements.indices {
                let u = Float(self.draw(seed, index) >> 40) * 0x1p-23 - 1
                elements[index] = offset + scale * u
            }
        }
        return tensor
    }

    /// `count` integers below `bound`.
    package static func integers(_ name: String, count: Int, bound: Int) -> [Int] {
        let seed = self.seed(name)
        return (0..<count).map { Int(self.draw(seed, $0) % UInt64(bound)) }
    }

    private static func seed(_ name: String) -> UInt64 {
        name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    private static func draw(_ seed: UInt64, _ index: Int) -> UInt64 {
        var z = seed &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
