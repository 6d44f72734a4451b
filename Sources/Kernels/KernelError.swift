/// Why a kernel could not be made or run.
package struct KernelError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// No implementation is linked into this program or takes these types.
        case unsupported
        case outOfMemory
        /// An index or label outside its range, found while running.
        case outOfRange
        /// The library underneath failed.
        case library
    }

    package let code: Code
    /// The operator.
    package let subject: String
    package let message: String

    package init(_ code: Code, _ subject: String, _ message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String { "\(self.subject): \(self.message)" }
}
