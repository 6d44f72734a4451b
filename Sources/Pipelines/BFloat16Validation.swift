/// What rounding operands to bfloat16 changes of a model's answers, as the exporter measured it against float32.
package struct BFloat16Validation: Sendable, Hashable, Codable {
    package enum Status: String, Sendable, Hashable, Codable {
        /// The figures are within the bounds.
        case passed
        case failed
        /// Nobody looked; `reason` says why.
        case notValidated = "not_validated"
    }

    /// Shares of pictures with the same most probable class from here on pass, ...
    package static let leastEqualArgmax = 0.995
    /// ... where no probability differs by more.
    package static let mostProbabilityDifference = 0.02
    /// Accepted where `goldenTolerance` was not measured.
    private static let generalTolerance = 0.05

    package var status: Status
    package var reason: String?
    /// Pictures that were compared.
    package var pictures: Int?
    /// Share of the pictures whose most probable class is that of float32.
    package var equalArgmax: Double?
    package var maxProbabilityDifference: Double?
    /// Largest difference of a golden sample's outputs in bfloat16 that is to be expected, in the measure of
    /// `GoldenSample.tolerance`; nil where none was measured.
    package var goldenTolerance: Double?

    /// Not validated.
    package init(reason: String, goldenTolerance: Double? = nil) {
        self.status = .notValidated
        self.reason = reason
        self.goldenTolerance = goldenTolerance
    }

    /// Validated on at least one picture.
    package init(pictures: Int, equalArgmax: Double, maxProbabilityDifference: Double, goldenTolerance: Double?) {
        self.pictures = pictures
        self.equalArgmax = equalArgmax
        self.maxProbabilityDifference = maxProbabilityDifference
        self.goldenTolerance = goldenTolerance
        self.status = .failed
        self.status = self.isWithinBounds ? .passed : .failed
    }

    private enum CodingKeys: String, CodingKey {
        case status, reason, pictures
        case equalArgmax = "equal_argmax"
        case maxProbabilityDifference = "max_probability_difference"
        case goldenTolerance = "golden_tolerance"
    }

    /// What is accepted of a golden sample in bfloat16, of a card that says `validation` of it.
    static func goldenTolerance(_ validation: BFloat16Validation?) -> Double {
        min(validation?.goldenTolerance ?? Self.generalTolerance, GoldenSample.mostTolerance)
    }

    /// Whether the figures are what `passed` says.
    var isWithinBounds: Bool {
        guard let pictures = self.pictures, let equal = self.equalArgmax, let difference = self.maxProbabilityDifference,
            let tolerance = self.goldenTolerance, tolerance <= GoldenSample.mostTolerance
        else { return false }
        return pictures > 0 && equal >= Self.leastEqualArgmax && difference <= Self.mostProbabilityDifference
    }

    /// Status and figures in a line for people.
    package var summary: String {
        guard let pictures = self.pictures, let equal = self.equalArgmax, let difference = self.maxProbabilityDifference else {
            return "was not validated: \(self.reason ?? "nobody said why")"
        }
        func rounded(_ number: Double) -> Double { (number * 1e5).rounded() / 1e5 }
        let verdict = self.status == .passed ? "passed" : "failed"
        let golden = self.goldenTolerance.map { ", golden sample within \(rounded($0))" } ?? ""
        return """
            \(verdict) its validation: \(rounded(equal * 100)) % of \(pictures) pictures in the same class, probabilities within \
            \(rounded(difference))\(golden)
            """
    }
}

extension BFloat16Validation {
    /// Throws when a field is out of range or contradicts another one, naming it.
    func check() throws(PipelineError) {
        func require(_ holds: Bool, _ field: String, _ message: String) throws(PipelineError) {
            guard holds else { throw PipelineError(.card, ModelCard.fileName, "the field bfloat16.\(field) \(message)") }
        }
        let tolerance = self.goldenTolerance ?? 0
        try require(tolerance.isFinite && tolerance >= 0, "golden_tolerance", "must be finite and not negative")
        let figures: [(Double?, String)] = [
            (self.equalArgmax, "equal_argmax"), (self.maxProbabilityDifference, "max_probability_difference"),
        ]
        for (figure, field) in figures { try require((0...1).contains(figure ?? 0), field, "must be 0 to 1") }
        switch self.status {
        case .passed: try require(self.isWithinBounds, "status", "is passed, but its figures are missing or out of bounds")
        case .failed: try require(self.pictures != nil && !self.isWithinBounds, "status", "is failed, but its figures are not")
        case .notValidated: try require(self.pictures == nil, "pictures", "is a figure of a validation that was not made")
        }
    }
}
