package import Graph

/// How far two float32 tensors of one type are apart.
package struct TensorDifference: Sendable, Codable, Hashable {
    /// Largest |x - y|; infinite where one is NaN or their types differ.
    package let maxAbsolute: Double
    /// `maxAbsolute` relative to the largest |expected|.
    package let maxRelative: Double
    package let meanSquared: Double
    package let meanAbsolute: Double
    /// Cosine of the angle between both as vectors; 1 when both are zero.
    package let cosine: Double

    package init(expected: Tensor, actual: Tensor) {
        guard expected.type == actual.type, expected.type.dataType == .float32 else {
            (self.maxAbsolute, self.maxRelative) = (.infinity, .infinity)
            (self.meanSquared, self.meanAbsolute) = (.infinity, .infinity)
            self.cosine = 0
            return
        }
        var (largest, peak, squares, sum) = (0.0, 0.0, 0.0, 0.0)
        var (dot, xx, yy) = (0.0, 0.0, 0.0)
        expected.withElements(as: Float.self) { expected in
            actual.withElements(as: Float.self) { actual in
                for index in expected.indices {
                    let (x, y) = (Double(expected[index]), Double(actual[index]))
                    let difference = x == y ? 0 : abs(x - y)
                    // NaN fails every comparison, so it is asked for by name.
                    largest = difference.isNaN ? .infinity : max(largest, difference)
                    peak = max(peak, abs(x))
                    squares += difference * difference
                    sum += difference
                    dot += x * y
                    xx += x * x
                    yy += y * y
                }
            }
        }
        let count = Double(max(expected.type.elementCount, 1))
        self.maxAbsolute = largest
        self.maxRelative = largest == 0 ? 0 : largest / peak
        self.meanSquared = squares / count
        self.meanAbsolute = sum / count
        self.cosine = xx == 0 && yy == 0 ? 1 : dot / (xx * yy).squareRoot()
    }
}

/// The verdict on a difference.
package enum ValidationStatus: String, Sendable, Codable, Hashable, Comparable {
    case pass = "PASS"
    case warn = "WARN"
    case fail = "FAIL"

    /// Below this, relative to the largest |logit|, outputs pass.
    package static let passThreshold = 1e-5
    /// Below this they pass with a warning.
    package static let warnThreshold = 1e-4

    package init(relativeDifference: Double) {
        if relativeDifference <= Self.passThreshold {
            self = .pass
        } else if relativeDifference <= Self.warnThreshold {
            self = .warn
        } else {
            self = .fail
        }
    }

    private var rank: Int {
        switch self {
        case .pass: 0
        case .warn: 1
        case .fail: 2
        }
    }

    package static func < (left: ValidationStatus, right: ValidationStatus) -> Bool { left.rank < right.rank }
}
