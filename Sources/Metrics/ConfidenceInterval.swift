/// A confidence interval.
package struct ConfidenceInterval: Sendable, Equatable {
    package let lower: Double
    package let upper: Double
    /// The coverage, such as 0.95.
    package let level: Double

    package init(lower: Double, upper: Double, level: Double) {
        self.lower = lower
        self.upper = upper
        self.level = level
    }
}

/// Wilson's score interval of a share, at 95 %; nil without trials.
package func wilsonInterval(successes: Int, trials: Int) -> ConfidenceInterval? {
    precondition(successes >= 0 && successes <= trials, "more successes than trials")
    guard trials > 0 else { return nil }
    let z = twoSided95
    let n = Double(trials)
    let share = Double(successes) / n
    let scale = 1 + z * z / n
    let center = (share + z * z / (2 * n)) / scale
    let half = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot() / scale
    let lower = successes == 0 ? 0 : center - half
    let upper = successes == trials ? 1 : center + half
    return ConfidenceInterval(lower: lower, upper: upper, level: 0.95)
}

/// The 97.5 % point of the standard normal distribution.
let twoSided95 = 1.959963984540054

/// The value below which `share` (0…1) of the values lie, interpolated linearly between order statistics (numpy's
/// default, Hyndman and Fan's type 7); nil for no values or when one is not a number.
package func percentile(_ values: [Double], share: Double) -> Double? {
    precondition(share >= 0 && share <= 1, "a share is between 0 and 1")
    guard !values.isEmpty, !values.contains(where: \.isNaN) else { return nil }
    return percentile(sorted: values.sorted(), share: share)
}

/// The same for ascending values, of which there is at least one.
func percentile(sorted values: [Double], share: Double) -> Double {
    let place = share * Double(values.count - 1)
    let below = Int(place.rounded(.down))
    let above = min(below + 1, values.count - 1)
    if values[below] == values[above] { return values[below] }
    return values[below] + (place - Double(below)) * (values[above] - values[below])
}
