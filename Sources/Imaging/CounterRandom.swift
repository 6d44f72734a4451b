/// A random generator that is a pure function of (seed, epoch, sample): what sample i gets in epoch e does not depend on the
/// order of loading, the number of workers or an interruption. SplitMix64 from a start hashed out of the three keys.
package struct CounterRandom: RandomNumberGenerator, Sendable, Hashable {
    private var state: UInt64

    package init(seed: UInt64, epoch: Int, sample: Int) {
        var state = Self.mix(seed &+ Self.step)
        state = Self.mix((state ^ UInt64(bitPattern: Int64(epoch))) &+ Self.step)
        self.state = Self.mix((state ^ UInt64(bitPattern: Int64(sample))) &+ Self.step)
    }

    package mutating func next() -> UInt64 {
        self.state &+= Self.step
        return Self.mix(self.state)
    }

    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension RandomNumberGenerator {
    /// A number in 0..<1 with 53 random bits. Written out, because the standard library does not promise to keep its own way.
    mutating func unit() -> Double { Double(self.next() >> 11) * 0x1p-53 }

    /// A number between `-reach` and `reach`.
    mutating func symmetric(_ reach: Double) -> Double { (2 * self.unit() - 1) * reach }
}
