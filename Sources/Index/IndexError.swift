/// What went wrong with an index or with what it was asked.
///
/// Carries paths, positions in a batch, lengths and hashes of models; never an identifier, a patient or an element of a vector.
package struct IndexError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// There is no index at the path.
        case notFound
        /// There is something already where an index is to be made.
        case exists
        /// The path holds something else, or an index of an unknown format.
        case notAnIndex
        /// The system refused to read or map a file.
        case cannotRead
        /// The system refused to create, write or rename a file.
        case cannotWrite
        /// The disk, the quota or the file size limit is exhausted.
        case noSpace
        /// The content contradicts itself.
        case corrupted
        /// Another process holds the index for longer than is waited.
        case busy
        /// Vectors of one model meet an index of another.
        case modelMismatch
        /// A vector has another number of elements than the index.
        case wrongLength
        /// A vector with NaN, infinity or length 0.
        case invalidVector
        /// An identifier, a patient or a description that is not accepted.
        case invalidEntry
        /// An identifier that is already there, with another content.
        case duplicate
        /// The index has no entries.
        case empty
        /// A query that cannot be answered, such as one for no neighbours.
        case invalidQuery
        case outOfMemory
        /// A fault of this module or of the library underneath.
        case `internal`
    }

    package let code: Code
    /// The index or file concerned, or the position in what was given.
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
