/// Input that no metric can be computed of. Callers branch on `code`; the message says what is wrong and what to do about it, in
/// sizes and positions, never with anything of a patient.
package struct MetricError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// Two things that belong together differ in size.
        case size
        /// Nothing to compute anything of.
        case empty
        /// A number is not finite, a label is unknown, a position is outside its range.
        case value
        /// A setting is outside its range.
        case setting
    }

    package let code: Code
    /// What was looked at: `embeddings`, `mask`, `weights`.
    package let subject: String
    package let message: String

    package init(_ code: Code, _ subject: String, _ message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String { "\(self.subject): \(self.message)" }
}
