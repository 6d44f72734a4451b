import Foundation
package import Pipelines

/// What `validation_report.json` says.
package struct ValidationReport: Sendable, Codable, Hashable {
    package static let fileName = "validation_report.json"

    /// One output for one input.
    package struct Case: Sendable, Codable, Hashable {
        package let output: String
        package let batch: Int
        package let seed: UInt64
        package let status: ValidationStatus
        package let difference: TensorDifference
    }

    /// The first node of the file whose value is not the source's.
    package struct Divergence: Sendable, Codable, Hashable {
        /// As the file calls it.
        package let node: String
        /// As the training graph calls the same value.
        package let sourceNode: String
        package let maxRelativeDifference: Double
        /// False when every node stays within the tolerance and this is only the worst one.
        package let exceedsTolerance: Bool
        /// Nodes that exist on both sides.
        package let comparedNodes: Int
    }

    package var status: ValidationStatus
    package var opset: Int
    /// Upper bounds of PASS and WARN, relative to the largest |logit|.
    package var passThreshold = ValidationStatus.passThreshold
    package var warnThreshold = ValidationStatus.warnThreshold
    package var checker: FileCheck?
    package var merge: MergeCheck?
    package var cases: [Case]
    package var divergence: Divergence?
    package var pictures: PictureReport?
    /// The same file in bfloat16.
    package var bfloat16: BFloat16Validation?

    /// The largest difference among the cases.
    package var maxRelativeDifference: Double { self.cases.map(\.difference.maxRelative).max() ?? 0 }
    package var maxAbsoluteDifference: Double { self.cases.map(\.difference.maxAbsolute).max() ?? 0 }
}

/// A value as JSON with sorted keys in snake case; infinities and NaN become text.
func reportJSON(_ value: some Encodable) throws(ExportError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "infinite", negativeInfinity: "-infinite", nan: "nan")
    do {
        return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
    } catch {
        throw ExportError(.file, "report", "cannot be written as JSON")
    }
}
