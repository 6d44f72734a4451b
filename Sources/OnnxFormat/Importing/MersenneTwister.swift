/// The generator MT19937 (Matsumoto and Nishimura, 1998), seeded by one number: the random numbers of ONNX's own reference
/// implementation.
struct MersenneTwister {
    private static let count = 624
    private static let middle = 397

    private var state: [UInt32]
    private var position = MersenneTwister.count

    init(seed: UInt32) {
        self.state = [seed]
        for index in 1..<Self.count {
            let last = self.state[index - 1]
            self.state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(index))
        }
    }

    /// A number of 53 random bits from 0 to below 1.
    mutating func uniform() -> Double {
        let high = Double(self.word() >> 5)
        let low = Double(self.word() >> 6)
        return (high * 0x1p26 + low) / 0x1p53
    }

    private mutating func word() -> UInt32 {
        if self.position == Self.count { self.twist() }
        var word = self.state[self.position]
        self.position += 1
        word ^= word >> 11
        word ^= (word << 7) & 0x9D2C_5680
        word ^= (word << 15) & 0xEFC6_0000
        return word ^ (word >> 18)
    }

    private mutating func twist() {
        for index in 0..<Self.count {
            let mixed = (self.state[index] & 0x8000_0000) | (self.state[(index + 1) % Self.count] & 0x7FFF_FFFF)
            let turned = (mixed >> 1) ^ (mixed & 1 == 0 ? 0 : 0x9908_B0DF)
            self.state[index] = self.state[(index + Self.middle) % Self.count] ^ turned
        }
        self.position = 0
    }
}
