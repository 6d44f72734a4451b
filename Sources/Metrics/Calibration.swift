private import Glibc

/// The mean of −ln p(true class), probabilities clipped to the precision of `Double` as scikit-learn does; nil without
/// cases or when a probability of a true class is not a number. `probabilities` is `[N][K]`.
package func logLoss(probabilities: [[Double]], truth: [Int]) -> Double? {
    precondition(probabilities.count == truth.count, "probabilities and truth differ in length")
    guard !truth.isEmpty else { return nil }
    let smallest = Double.ulpOfOne
    var sum = 0.0
    for (row, label) in zip(probabilities, truth) {
        guard !row[label].isNaN else { return nil }
        sum -= log(min(max(row[label], smallest), 1 - smallest))
    }
    return sum / Double(truth.count)
}

/// Brier's score: the mean over cases of Σₖ (pₖ − [k is true])², 0…2; nil without cases. `probabilities` is `[N][K]`.
package func brierScore(probabilities: [[Double]], truth: [Int]) -> Double? {
    precondition(probabilities.count == truth.count, "probabilities and truth differ in length")
    guard !truth.isEmpty else { return nil }
    var sum = 0.0
    for (row, label) in zip(probabilities, truth) {
        for (index, value) in row.enumerated() {
            let error = value - (index == label ? 1 : 0)
            sum += error * error
        }
    }
    return sum / Double(truth.count)
}

/// Brier's score of a yes/no question: the mean of (p − truth)², 0…1; nil without cases.
package func brierScore(scores: [Double], positive: [Bool]) -> Double? {
    precondition(scores.count == positive.count, "scores and truth differ in length")
    guard !scores.isEmpty else { return nil }
    let sum = zip(scores, positive).reduce(0.0) { sum, pair in
        let error = pair.0 - (pair.1 ? 1 : 0)
        return sum + error * error
    }
    return sum / Double(scores.count)
}

/// One bin of a reliability diagram.
package struct CalibrationBin: Sendable, Equatable {
    package let count: Int
    /// The mean probability of the bin's cases; 0 when empty.
    package let confidence: Double
    /// The share of the bin's cases whose answer is yes (or right); 0 when empty.
    package let frequency: Double
}

/// A reliability diagram over bins of equal width; bin b holds probabilities in (b/bins, (b+1)/bins], the first also 0.
package struct Calibration: Sendable, Equatable {
    package let bins: [CalibrationBin]

    /// `confidences` are probabilities, `happened` whether what they announced came true; nil when a probability is not in
    /// 0…1.
    package init?(confidences: [Double], happened: [Bool], bins: Int = 10) {
        precondition(confidences.count == happened.count, "confidences and truth differ in length")
        precondition(bins > 0, "a reliability diagram needs a bin")
        guard confidences.allSatisfy({ (0...1).contains($0) }) else { return nil }
        var counts = Array(repeating: 0, count: bins)
        var sums = Array(repeating: 0.0, count: bins)
        var hits = counts
        for (confidence, truth) in zip(confidences, happened) {
            var bin = min(Int(confidence * Double(bins)), bins - 1)
            if bin > 0, confidence <= Double(bin) / Double(bins) { bin -= 1 }
            counts[bin] += 1
            sums[bin] += confidence
            hits[bin] += truth ? 1 : 0
        }
        self.bins = (0..<bins).map { bin in
            let count = Double(max(counts[bin], 1))
            return CalibrationBin(count: counts[bin], confidence: sums[bin] / count, frequency: Double(hits[bin]) / count)
        }
    }

    /// Calibration of the most probable class; `probabilities` is `[N][K]`.
    package init?(probabilities: [[Double]], truth: [Int], bins: Int = 10) {
        precondition(probabilities.count == truth.count, "probabilities and truth differ in length")
        let answers = probabilities.map(mostProbable)
        self.init(
            confidences: zip(probabilities, answers).map { $0[$1] }, happened: zip(answers, truth).map { $0 == $1 }, bins: bins
        )
    }

    /// Expected calibration error: Σ count/N · |confidence − frequency|; 0 without cases.
    package var expectedError: Double {
        let total = self.bins.reduce(0) { $0 + $1.count }
        guard total > 0 else { return 0 }
        return self.bins.reduce(0) { $0 + Double($1.count) * abs($1.confidence - $1.frequency) } / Double(total)
    }

    /// The largest |confidence − frequency| of a bin that has cases.
    package var largestError: Double {
        self.bins.filter { $0.count > 0 }.map { abs($0.confidence - $0.frequency) }.max() ?? 0
    }
}

/// The index of the largest value, the first among equals; 0 for an empty row.
package func mostProbable(_ row: [Double]) -> Int {
    var best = 0
    for index in row.indices where row[index] > row[best] { best = index }
    return best
}
