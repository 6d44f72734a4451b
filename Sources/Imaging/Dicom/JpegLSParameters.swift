/// The numbers that steer a JPEG-LS scan (ISO/IEC 14495-1, C.2.4.1.1 and A.2.1).
struct JpegLSParameters: Sendable {
    /// The largest sample.
    let maximum: Int
    /// The largest error that the encoder allowed itself; 0 is lossless.
    let near: Int
    let thresholds: (Int, Int, Int)
    /// Samples after which a context's sums are halved.
    let reset: Int
    let range: Int
    /// Bits of a mapped error that is written as it is.
    let errorBits: Int
    /// The longest code.
    let limit: Int

    /// Values that a codestream sets itself; 0 means the default.
    struct Preset: Sendable, Hashable {
        var maximum = 0
        var thresholds = [0, 0, 0]
        var reset = 0
    }

    /// Nil when the values contradict each other.
    init?(precision: Int, near: Int, preset: Preset) {
        let largest = (1 << precision) - 1
        let maximum = preset.maximum == 0 ? largest : preset.maximum
        guard maximum <= largest, near >= 0, near <= min(255, maximum / 2) else { return nil }
        let standard = Self.standardThresholds(maximum, near)
        let t = zip(preset.thresholds, standard).map { $0 == 0 ? $1 : $0 }
        let reset = preset.reset == 0 ? 64 : preset.reset
        guard near + 1 <= t[0], t[0] <= t[1], t[1] <= t[2], t[2] <= maximum, (3...max(255, maximum)).contains(reset)
        else { return nil }
        self.maximum = maximum
        self.near = near
        self.thresholds = (t[0], t[1], t[2])
        self.reset = reset
        self.range = (maximum + 2 * near) / (2 * near + 1) + 1
        func bits(_ count: Int) -> Int { Int.bitWidth - (count - 1).leadingZeroBitCount }
        self.errorBits = bits(self.range)
        let sampleBits = max(2, bits(maximum + 1))
        self.limit = 2 * (sampleBits + max(8, sampleBits))
    }

    private static func standardThresholds(_ maximum: Int, _ near: Int) -> [Int] {
        func clamp(_ value: Int, _ low: Int) -> Int { value > maximum || value < low ? low : value }
        let basic = [3, 7, 21]
        var result: [Int] = []
        for (index, base) in basic.enumerated() {
            let slack = near * (3 + 2 * index)
            let low = result.last ?? near + 1
            if maximum >= 128 {
                let factor = (min(maximum, 4095) + 128) / 256
                result.append(clamp(factor * (base - index - 2) + index + 2 + slack, low))
            } else {
                let factor = 256 / (maximum + 1)
                result.append(clamp(max(index + 2, base / factor + slack), low))
            }
        }
        return result
    }
}
