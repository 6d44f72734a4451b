/// The generator MT19937 of Matsumoto and Nishimura (1998), which NumPy's `RandomState`, Python's `random` and PyTorch's
/// CPU generator share.
package struct MersenneTwister: Sendable {
    private var state: [UInt32]
    private var place = 624

    /// `init_genrand`: NumPy's `RandomState(seed)` and `torch.manual_seed(seed)`.
    package init(seed: UInt32) {
        self.state = [seed]
        self.state.reserveCapacity(624)
        for index in 1..<624 {
            let last = self.state[index - 1]
            self.state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(index))
        }
    }

    /// `init_by_array`: Python's `random.seed(n)` with `[n]` for n below 2³².
    package init(key: [UInt32]) {
        precondition(!key.isEmpty, "a key needs a word")
        self.init(seed: 19_650_218)
        var i = 1
        var j = 0
        for _ in 0..<max(624, key.count) {
            let last = self.state[i - 1]
            self.state[i] = (self.state[i] ^ ((last ^ (last >> 30)) &* 1_664_525)) &+ key[j] &+ UInt32(j)
            self.advance(&i)
            j = (j + 1) % key.count
        }
        for _ in 0..<623 {
            let last = self.state[i - 1]
            self.state[i] = (self.state[i] ^ ((last ^ (last >> 30)) &* 1_566_083_941)) &- UInt32(i)
            self.advance(&i)
        }
        self.state[0] = 0x8000_0000
    }

    /// 32 random bits.
    package mutating func next() -> UInt32 {
        if self.place == 624 { self.refill() }
        var y = self.state[self.place]
        self.place += 1
        y ^= y >> 11
        y ^= (y << 7) & 0x9D2C_5680
        y ^= (y << 15) & 0xEFC6_0000
        return y ^ (y >> 18)
    }

    /// A number in `[0, 1)` with 53 bits: NumPy's `rand`, Python's `random`.
    package mutating func unit() -> Double {
        let high = self.next() >> 5
        let low = self.next() >> 6
        return (Double(high) * 67_108_864 + Double(low)) / 9_007_199_254_740_992
    }

    private mutating func advance(_ i: inout Int) {
        i += 1
        if i == 624 {
            self.state[0] = self.state[623]
            i = 1
        }
    }

    private mutating func refill() {
        for index in 0..<624 {
            let y = (self.state[index] & 0x8000_0000) | (self.state[(index + 1) % 624] & 0x7FFF_FFFF)
            self.state[index] = self.state[(index + 397) % 624] ^ (y >> 1) ^ (y & 1 == 1 ? 0x9908_B0DF : 0)
        }
        self.place = 0
    }
}

extension MersenneTwister {
    /// NumPy's `RandomState.permutation(count)` (legacy shuffle by masked rejection).
    package mutating func numpyPermutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) {
            let mask = UInt32.max >> UInt32(truncatingIfNeeded: UInt32(last).leadingZeroBitCount)
            var drawn = self.next() & mask
            while drawn > UInt32(last) { drawn = self.next() & mask }
            order.swapAt(last, Int(drawn))
        }
        return order
    }

    /// `0..<count` shuffled by Python's `random.shuffle`.
    package mutating func pythonShuffle(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) {
            let shift = UInt32(truncatingIfNeeded: UInt32(last + 1).leadingZeroBitCount)
            var drawn = self.next() >> shift
            while drawn > UInt32(last) { drawn = self.next() >> shift }
            order.swapAt(last, Int(drawn))
        }
        return order
    }

    /// PyTorch's `torch.randperm(count)` on the CPU, which `random_split` uses; `count` is below 2³²/20.
    package mutating func torchPermutation(_ count: Int) -> [Int] {
        precondition(count < Int(UInt32.max / 20), "PyTorch draws 64 bits for so many")
        var order = Array(0..<count)
        for index in 0..<max(count - 1, 0) {
            order.swapAt(index, index + Int(self.next() % UInt32(count - index)))
        }
        return order
    }
}
