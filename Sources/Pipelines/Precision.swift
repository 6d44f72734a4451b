package import Runtime

/// What is asked of a model's precision: `precision` of `model.yaml`, `--precision` of the programs.
package enum PrecisionChoice: String, Sendable, Hashable, Codable, CaseIterable {
    /// bfloat16 where the CPU multiplies it and the model's card says that its validation passed, else float32.
    case auto
    case float32
    case bfloat16
}

extension PrecisionChoice {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = PrecisionChoice(rawValue: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "must be auto, float32 or bfloat16")
        }
        self = value
    }
}

/// The precision that a model computes with, and why.
package struct ChosenPrecision: Sendable, Hashable {
    package let precision: SessionOptions.Precision
    /// A clause for people: `the card says nothing of bfloat16`.
    package let reason: String

    /// - Parameters:
    ///   - validation: what the model's card says; nil where it says nothing.
    ///   - isAvailable: whether the CPU multiplies bfloat16.
    package init(
        _ choice: PrecisionChoice, _ validation: BFloat16Validation?,
        isAvailable: Bool = SessionOptions.Precision.bfloat16.isAvailable
    ) {
        let said = validation.map { "bfloat16 \($0.summary)" } ?? "the card says nothing of bfloat16"
        switch choice {
        case .float32: (self.precision, self.reason) = (.float32, "as it was asked for")
        case .auto where !isAvailable, .bfloat16 where !isAvailable:
            (self.precision, self.reason) = (.float32, "this CPU does not multiply bfloat16")
        case .bfloat16: (self.precision, self.reason) = (.bfloat16, "as it was asked for; \(said)")
        case .auto: (self.precision, self.reason) = (validation?.status == .passed ? .bfloat16 : .float32, said)
        }
    }
}
