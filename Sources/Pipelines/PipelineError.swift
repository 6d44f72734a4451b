package import Imaging
import Runtime

/// The one error of this module: a model package that cannot be used, or a request that a model cannot answer.
package struct PipelineError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// `card.json` is missing, is no JSON, or a field of it is missing, unknown or out of range.
        case card
        /// A file of the package is missing or cannot be read.
        case file
        /// A file of the package has another size or SHA-256 than the card says.
        case hashMismatch = "hash_mismatch"
        /// The model file cannot be used, or is not what the card describes.
        case model
        /// `model.yaml` has a key or value that is not allowed, or does not fit the models.
        case settings
        /// A golden sample gave other numbers than the card says.
        case goldenSample = "golden_sample"
        /// A picture that cannot be decoded; `detail` is the decoder's code.
        case image
        /// Tensors that the model does not take.
        case input
        /// No such model or version, or no index or nothing in it.
        case notFound = "not_found"
        /// The index holds vectors of another model.
        case indexMismatch = "index_mismatch"
        /// The index cannot be read.
        case index
        /// The model is known, but not ready.
        case notReady = "not_ready"
        /// The computation failed.
        case execution
        case outOfMemory = "out_of_memory"
    }

    package var code: Code
    /// The file, field, model or input.
    package var subject: String
    package var message: String
    /// A finer code, for example `truncated` of a picture; nil where `code` says it all.
    package var detail: String?

    package init(_ code: Code, _ subject: String, _ message: String, detail: String? = nil) {
        self.code = code
        self.subject = subject
        self.message = message
        self.detail = detail
    }

    package init(_ error: ImagingError) {
        let code: Code =
            switch error.code {
            case .empty, .unsupportedFormat, .truncated, .tooLarge, .corrupt: .image
            case .mixedSeries, .missingSlices, .unevenSlices, .duplicateSlices, .gantryTilt, .notAVolume: .image
            case .memory: .outOfMemory
            case .unreadable: .file
            case .invalidSetting, .unknownValue: .card
            }
        self.init(code, error.subject, error.message, detail: error.code.rawValue)
    }

    /// An error of loading (`isLoading`) or of running a model.
    init(_ error: RuntimeError, isLoading: Bool) {
        let code: Code =
            switch error.code {
            case .model, .unsupported: .model
            case .input: isLoading ? .model : .input
            case .outOfMemory: .outOfMemory
            case .execution: .execution
            }
        self.init(code, error.subject, error.message)
    }

    package var description: String { "\(self.subject): \(self.message)" }

    /// The finest code there is, for tables and headers.
    package var codeName: String { self.detail ?? self.code.rawValue }

    /// What a client may read: without paths of this machine and without what a library said about a file.
    package var clientMessage: String {
        switch self.code {
        case .card, .settings, .hashMismatch, .goldenSample, .image, .input, .notFound, .indexMismatch, .notReady:
            self.description
        case .file: "a file of the model package is missing or cannot be read; the daemon's log says which"
        case .index: "the model's index cannot be read; the daemon's log says why"
        case .model: "the model file cannot be used; the daemon's log says why"
        case .execution: "the computation failed; the daemon's log says why"
        case .outOfMemory: "not enough memory for this request"
        }
    }
}
