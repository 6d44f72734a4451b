/// What went wrong with a weight file, a run directory or the matching of weights.
///
/// Carries file, tensor and member names, shapes and types, never tensor values.
package struct CheckpointError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable {
        /// The file or directory does not exist.
        case notFound
        /// The system refused to open, read, list or map it.
        case cannotRead
        /// The system refused to create, write or rename it.
        case cannotWrite
        /// The disk, the quota or the file size limit is exhausted.
        case noSpace
        /// The file ends before what it announces.
        case truncated
        /// The content contradicts its own format.
        case malformed
        /// Valid, but of a kind that is not read here.
        case unsupported
        /// A pickle that wants to call something that is not on the list of allowed names.
        case forbidden
        /// More nodes, bytes or nesting than is accepted.
        case tooLarge
        /// A size or SHA-256 differs from the manifest.
        case corrupted
        /// Weights that the architecture needs are absent.
        case missing
        /// Shapes or types do not fit together.
        case mismatch
        /// Another process is writing in the run directory.
        case locked
        /// A test's step hook stands in for the death of the process; nothing is cleaned up.
        case interrupted
    }

    package let code: Code
    /// The file, tensor or member concerned.
    package let subject: String
    /// What happened and what to do.
    package let message: String

    package init(_ code: Code, _ subject: String, _ message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String { "\(self.subject): \(self.message)" }
}
