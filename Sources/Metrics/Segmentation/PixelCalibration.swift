/// The calibration of foreground probabilities over all pixels of many pictures, bins of equal width: bin b holds probabilities in
/// (b/bins, (b+1)/bins]. A probability of 0 is in no bin, but counts among all pixels.
package struct PixelCalibration: Sendable, Hashable {
    private var counts: [Int]
    private var sums: [Double]
    private var hits: [Int]
    /// All pixels.
    package private(set) var pixels = 0

    package init(bins: Int = 10) {
        precondition(bins > 0, "a calibration needs a bin")
        self.counts = Array(repeating: 0, count: bins)
        self.sums = Array(repeating: 0, count: bins)
        self.hits = self.counts
    }

    /// Adds one picture: a probability of the foreground for each pixel of `truth`.
    package mutating func add(probabilities: [Float], truth: BinaryMask) throws(MetricError) {
        guard probabilities.count == truth.pixels.count else {
            throw MetricError(.size, "probabilities", "\(probabilities.count) for \(truth.width) x \(truth.height) pixels")
        }
        if let bad = probabilities.firstIndex(where: { !(0...1).contains($0) }) {
            throw MetricError(.value, "probabilities", "the one of pixel \(bad) is not in 0...1; give probabilities, not logits")
        }
        let bins = self.counts.count
        for (probability, isForeground) in zip(probabilities, truth.pixels) where probability > 0 {
            let value = Double(probability)
            var bin = min(Int(value * Double(bins)), bins - 1)
            if bin > 0, value <= Double(bin) / Double(bins) { bin -= 1 }
            self.counts[bin] += 1
            self.sums[bin] += value
            self.hits[bin] += isForeground ? 1 : 0
        }
        self.pixels += probabilities.count
    }

    /// Σ share of the pixels · |mean probability − share of foreground|; nil without pixels.
    package var expectedError: Double? {
        guard self.pixels > 0 else { return nil }
        return self.counts.indices.reduce(0) { $0 + abs(self.sums[$1] - Double(self.hits[$1])) } / Double(self.pixels)
    }
}
