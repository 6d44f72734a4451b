/// The one error of this module. Callers branch on `code`; `message` says what is wrong and what to do about it, in sizes and
/// names, never with the content of a picture.
package struct ImagingError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// The file has zero bytes.
        case empty
        /// Not a format that is read, or a kind of it that is not: a JPEG of two components, a DICOM file without a picture.
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
        /// A folder or a series holds slices that do not belong together, and none of its series was named.
        case mixedSeries = "mixed_series"
        /// Slices of a series are missing.
        case missingSlices = "missing_slices"
        /// The distance between slices changes.
        case unevenSlices = "uneven_slices"
        /// Two slices lie at one place.
        case duplicateSlices = "duplicate_slices"
        /// The slices are shifted against each other, so that they fill no box.
        case gantryTilt = "gantry_tilt"
        /// A picture, a time series or a file without places in space, where a volume is needed.
        case notAVolume = "not_a_volume"
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
