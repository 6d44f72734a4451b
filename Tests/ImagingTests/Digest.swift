/// SHA-256 (FIPS 180-4) as hexadecimal digits. Written for long messages: no array is touched inside a block.
func sha256(_ message: [UInt8]) -> String {
    var padded = message + [0x80]
    padded += [UInt8](repeating: 0, count: (120 - padded.count % 64) % 64)
    let bits = UInt64(message.count) * 8
    padded += (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(56 - $0 * 8)) }
    var state: [UInt32] = [
        0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
    ]
    padded.withUnsafeBytes { bytes in
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { words in
            for block in stride(from: 0, to: bytes.count, by: 64) {
                for i in 0..<16 {
                    words[i] = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: block + i * 4, as: UInt32.self))
                }
                roundConstants.withUnsafeBufferPointer { compress(words, $0, into: &state) }
            }
        }
    }
    return state.map { word in
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
}

private func turned(_ x: UInt32, _ n: UInt32) -> UInt32 { (x &>> n) | (x &<< (32 &- n)) }

/// One block, whose 16 words are the first of `w`.
private func compress(
    _ w: UnsafeMutableBufferPointer<UInt32>, _ constants: UnsafeBufferPointer<UInt32>, into state: inout [UInt32]
) {
    for i in 16..<64 {
        let (early, late) = (w[i - 15], w[i - 2])
        let first = turned(early, 7) ^ turned(early, 18) ^ (early &>> 3)
        let second = turned(late, 17) ^ turned(late, 19) ^ (late &>> 10)
        w[i] = w[i - 16] &+ first &+ w[i - 7] &+ second
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for i in 0..<64 {
        let choice = (e & f) ^ (~e & g)
        let first = h &+ (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) &+ choice &+ constants[i] &+ w[i]
        let majority = (a & b) ^ (a & c) ^ (b & c)
        let second = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) &+ majority
        (h, g, f, e) = (g, f, e, d &+ first)
        (d, c, b, a) = (c, b, a, first &+ second)
    }
    for (i, value) in [a, b, c, d, e, f, g, h].enumerated() { state[i] &+= value }
}

/// The fractions of the cube roots of the first 64 primes.
private let roundConstants: [UInt32] = {
    var primes: [Int] = []
    var candidate = 2
    while primes.count < 64 {
        if !primes.contains(where: { candidate % $0 == 0 }) { primes.append(candidate) }
        candidate += 1
    }
    return primes.map { prime in
        // floor(cbrt(prime) * 2^32) by whole numbers of 128 bits.
        var (low, high) = (UInt128(0), UInt128(1) << 36)
        while high - low > 1 {
            let middle = (low + high) / 2
            if middle * middle * middle <= UInt128(prime) << 96 { low = middle } else { high = middle }
        }
        return UInt32(truncatingIfNeeded: low)
    }
}()
