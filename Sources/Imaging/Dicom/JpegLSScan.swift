/// Decodes one scan of JPEG-LS (ISO/IEC 14495-1, annex A): samples are predicted from their neighbours, errors are Golomb codes
/// whose parameter each context learns, and flat places are runs. All sums stay below 2^48; every loop ends.
struct JpegLSScan {
    private let parameters: JpegLSParameters
    private var bits: JpegLSBits
    private let width: Int
    private let components: Int
    /// Contexts of regular samples: magnitudes, biases, corrections, counts.
    private var magnitudes: [Int]
    private var biases = [Int](repeating: 0, count: 365)
    private var corrections = [Int](repeating: 0, count: 365)
    private var counts = [Int](repeating: 1, count: 365)
    /// The two contexts of samples that end a run.
    private var runMagnitudes: [Int]
    private var runCounts = [1, 1]
    private var runNegatives = [0, 0]
    private var runIndices: [Int]
    /// For each component the line above and this line, with one sample more on both sides.
    private var above: [[Int]]
    private var current: [[Int]]

    /// Where the data of the next scan may begin.
    var position: Int { self.bits.position }

    init(_ parameters: JpegLSParameters, _ bits: JpegLSBits, width: Int, components: Int) {
        self.parameters = parameters
        self.bits = bits
        self.width = width
        self.components = components
        let magnitude = max(2, (parameters.range + 32) / 64)
        self.magnitudes = [Int](repeating: magnitude, count: 365)
        self.runMagnitudes = [magnitude, magnitude]
        self.runIndices = [Int](repeating: 0, count: components)
        self.above = [[Int]](repeating: [Int](repeating: 0, count: width + 2), count: components)
        self.current = self.above
    }

    /// Decodes a line of every component; nil when the data end or cannot be.
    /// - Parameter interleavesSamples: all components of a pixel together, instead of line after line.
    mutating func line(interleavesSamples: Bool) -> [[Int]]? {
        for component in 0..<self.components {
            self.above[component][self.width + 1] = self.above[component][self.width]
            self.current[component][0] = self.above[component][1]
        }
        if interleavesSamples {
            guard self.samples(of: 0..<self.components) else { return nil }
        } else {
            for component in 0..<self.components where !self.samples(of: component..<component + 1) { return nil }
        }
        swap(&self.above, &self.current)
        return self.above
    }

    /// One line of the components that share their runs.
    private mutating func samples(of group: Range<Int>) -> Bool {
        var x = 1
        while x <= self.width {
            var isFlat = true
            for component in group where self.context(component, x) != 0 { isFlat = false }
            if isFlat {
                guard let next = self.run(group, from: x) else { return false }
                x = next
            } else {
                for component in group where !self.regular(component, x) { return false }
                x += 1
            }
        }
        return true
    }

    /// From -364 to 364, by the differences of the neighbours.
    private func context(_ component: Int, _ x: Int) -> Int {
        let (a, b) = (self.current[component][x - 1], self.above[component][x])
        let (c, d) = (self.above[component][x - 1], self.above[component][x + 1])
        return (self.level(d - b) * 9 + self.level(b - c)) * 9 + self.level(c - a)
    }

    private func level(_ difference: Int) -> Int {
        let (t, magnitude) = (self.parameters.thresholds, abs(difference))
        if magnitude <= self.parameters.near { return 0 }
        let level = magnitude < t.0 ? 1 : magnitude < t.1 ? 2 : magnitude < t.2 ? 3 : 4
        return difference < 0 ? -level : level
    }

    private mutating func regular(_ component: Int, _ x: Int) -> Bool {
        let signed = self.context(component, x)
        let (sign, q) = (signed < 0 ? -1 : 1, abs(signed))
        let (a, b) = (self.current[component][x - 1], self.above[component][x])
        let c = self.above[component][x - 1]
        let median = c >= max(a, b) ? min(a, b) : c <= min(a, b) ? max(a, b) : a + b - c
        let prediction = min(max(median + sign * self.corrections[q], 0), self.parameters.maximum)
        let k = golombParameter(self.counts[q], self.magnitudes[q])
        guard let mapped = self.code(k, limit: self.parameters.limit) else { return false }
        var error = mapped & 1 == 0 ? mapped / 2 : -(mapped + 1) / 2
        if self.parameters.near == 0, k == 0, 2 * self.biases[q] <= -self.counts[q] { error = -error - 1 }
        guard abs(error) <= 1 << 17 else { return false }
        self.learn(q, error)
        self.current[component][x] = self.sample(prediction, sign * error)
        return true
    }

    private mutating func learn(_ q: Int, _ error: Int) {
        self.biases[q] += error * (2 * self.parameters.near + 1)
        self.magnitudes[q] += abs(error)
        if self.counts[q] == self.parameters.reset {
            self.magnitudes[q] >>= 1
            // Towards minus infinity.
            self.biases[q] >>= 1
            self.counts[q] >>= 1
        }
        self.counts[q] += 1
        let count = self.counts[q]
        if self.biases[q] <= -count {
            self.biases[q] = max(self.biases[q] + count, 1 - count)
            self.corrections[q] = max(self.corrections[q] - 1, -128)
        } else if self.biases[q] > 0 {
            self.biases[q] = min(self.biases[q] - count, 0)
            self.corrections[q] = min(self.corrections[q] + 1, 127)
        }
    }

    /// A prediction and its error, wrapped into the range of samples.
    private func sample(_ prediction: Int, _ error: Int) -> Int {
        let (step, near) = (2 * self.parameters.near + 1, self.parameters.near)
        var value = prediction + error * step
        if value < -near { value += self.parameters.range * step }
        if value > self.parameters.maximum + near { value -= self.parameters.range * step }
        return min(max(value, 0), self.parameters.maximum)
    }

    /// A Golomb code of limited length.
    private mutating func code(_ k: Int, limit: Int) -> Int? {
        let most = limit - self.parameters.errorBits - 1
        guard most >= 0, let high = self.bits.zeros(atMost: most) else { return nil }
        if high == most { return self.bits.read(self.parameters.errorBits).map { $0 + 1 } }
        return self.bits.read(k).map { high << k | $0 }
    }

    /// A run and the sample that ends it; gives the column after them.
    private mutating func run(_ group: Range<Int>, from start: Int) -> Int? {
        var x = start
        while true {
            guard let bit = self.bits.read(1) else { return nil }
            let order = Self.orders[self.runIndices[group.lowerBound]]
            var length = 1 << order
            if bit == 0 {
                guard let rest = self.bits.read(order) else { return nil }
                length = rest
            }
            let left = self.width + 1 - x
            guard bit == 1 || length < left else { return nil }
            for component in group {
                let value = self.current[component][start - 1]
                for column in x..<x + min(length, left) { self.current[component][column] = value }
            }
            x += min(length, left)
            if bit == 0 { break }
            if length <= left { self.runIndices[group.lowerBound] = min(self.runIndices[group.lowerBound] + 1, 31) }
            if x > self.width { return x }
        }
        for component in group where !self.runEnd(component, x, group) { return nil }
        self.runIndices[group.lowerBound] = max(self.runIndices[group.lowerBound] - 1, 0)
        return x + 1
    }

    private mutating func runEnd(_ component: Int, _ x: Int, _ group: Range<Int>) -> Bool {
        let (a, b) = (self.current[component][x - 1], self.above[component][x])
        // Pixels of several samples have one kind of end only.
        let isLevel = group.count == 1 && abs(a - b) <= self.parameters.near
        let q = isLevel ? 1 : 0
        let magnitude = self.runMagnitudes[q] + (isLevel ? self.runCounts[q] >> 1 : 0)
        let k = golombParameter(self.runCounts[q], magnitude)
        let order = Self.orders[self.runIndices[group.lowerBound]]
        guard let mapped = self.code(k, limit: self.parameters.limit - order - 1), mapped <= 1 << 18 else { return false }
        let value = mapped + q
        let isOdd = value & 1 == 1
        let isNegative = (k != 0 || 2 * self.runNegatives[q] >= self.runCounts[q]) == isOdd
        let size = (value + (isOdd ? 1 : 0)) / 2
        let error = isNegative ? -size : size
        if error < 0 { self.runNegatives[q] += 1 }
        self.runMagnitudes[q] += (mapped + 1 - q) >> 1
        if self.runCounts[q] == self.parameters.reset {
            self.runMagnitudes[q] >>= 1
            self.runCounts[q] >>= 1
            self.runNegatives[q] >>= 1
        }
        self.runCounts[q] += 1
        self.current[component][x] = isLevel ? self.sample(a, error) : self.sample(b, a > b ? -error : error)
        return true
    }

    /// How many bits a run's length has after so many full runs (table in A.2.1).
    private static let orders = [
        0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    ]
}

/// The smallest k with `count << k >= magnitude`, at most 24.
private func golombParameter(_ count: Int, _ magnitude: Int) -> Int {
    var k = 0
    while k < 24, count << k < magnitude { k += 1 }
    return k
}
