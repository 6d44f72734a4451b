/// A small seeded generator of random bits: the same seed gives the same stream on every machine.
///
/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014). Not for cryptography.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        self.state = seed
    }

    /// A generator for one of several independent streams of a seed.
    package init(seed: UInt64, stream: UInt64) {
        self.state = SplitMix64.mixed(seed &+ SplitMix64.mixed(stream &+ 0x9E37_79B9_7F4A_7C15))
    }

    package mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        return SplitMix64.mixed(self.state)
    }

    /// A whole number in `0..<bound`, all equally likely.
    package mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "a bound must be positive")
        let range = UInt64(bound)
        let unfair = (0 &- range) % range
        while true {
            let product = self.next().multipliedFullWidth(by: range)
            if product.low >= unfair { return Int(product.high) }
        }
    }

    /// A number in `[0, 1)` with 53 random bits.
    package mutating func unit() -> Double {
        Double(self.next() >> 11) * 0x1p-53
    }

    /// The numbers `0..<count` in random order (Fisher and Yates).
    package mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        guard count > 1 else { return order }
        for last in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(last, self.below(last + 1))
        }
        return order
    }

    private static func mixed(_ word: UInt64) -> UInt64 {
        var z = word
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
