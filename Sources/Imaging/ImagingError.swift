/// The one error of this module. Callers branch on `code`; `message` says what is wrong and what to do about it, in sizes and
/// names, never with the content of a picture.
package struct ImagingError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// The file has zero bytes.
        case empty
        /// Not a PNG or JPEG, or a kind of JPEG that is not read (12-bit, lossless, two components).
        case unsupportedFormat = "unsupported_format"
        /// The data end before the picture does.
        case truncated
        /// More pixels, bytes or progressive scans than `DecodingLimits` allow.
        case tooLarge = "too_large"
        /// The data contradict the format.
        case corrupt
        /// The system has no memory left.
        case memory
        /// The file cannot be opened or read.
        case unreadable
        /// A pixel of a mask has a value that stands for no class.
        case unknownValue = "unknown_value"
        /// A setting, for instance of `Preprocessing`, is outside its range.
        case invalidSetting = "invalid_setting"
    }

    package var code: Code
    /// The file's path, or what was worked on: `image`, `preprocessing.std`.
    package var subject: String
    package var message: String

    package init(_ code: Code, subject: String, _ message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String { "\(self.subject): \(self.message)" }
}
