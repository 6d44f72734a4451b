import Checkpoints
import Graph
import Imaging
import OnnxFormat
import Pipelines
import Runtime

/// Why a model was not exported.
///
/// Carries names of files, options, nodes and tensors, their shapes and types; never tensor values or file contents.
package struct ExportError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable {
        /// The run or the checkpoint does not exist, is damaged or does not fit its recipe.
        case run
        /// An option that this model or this program does not take.
        case option
        /// Something is where the package should go.
        case exists
        /// The graph has no form in the wanted opset.
        case notExportable
        /// The merged weights do not give what the adapters give.
        case merge
        /// The written file breaks the standard or cannot be read back.
        case invalidFile
        /// A label table or a picture cannot be used.
        case data
        /// A file cannot be read or written.
        case file
        /// A computation failed.
        case execution
    }

    package let code: Code
    /// The option, file, node or tensor.
    package let subject: String
    package let message: String

    package init(_ code: Code, _ subject: String, _ message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String { "\(self.subject): \(self.message)" }
}

extension ExportError {
    /// Any error of the modules below as one of this module.
    package init(_ error: any Error) {
        switch error {
        case let error as ExportError: self = error
        case let error as CheckpointError: self.init(error)
        case let error as GraphError: self.init(.notExportable, error.subject, error.message)
        case let error as OnnxError: self.init(error)
        case let error as RuntimeError: self.init(.execution, error.subject, error.message)
        case let error as PipelineError: self.init(.invalidFile, error.subject, error.message)
        case let error as ImagingError: self.init(.data, error.subject, error.message)
        default: self.init(.file, "export", "\(error)")
        }
    }

    private init(_ error: CheckpointError) {
        let code: Code =
            switch error.code {
            case .notFound, .truncated, .malformed, .unsupported, .forbidden, .tooLarge, .corrupted, .missing, .mismatch: .run
            case .cannotRead, .cannotWrite, .noSpace, .locked, .interrupted: .file
            }
        self.init(code, error.subject, error.message)
    }

    private init(_ error: OnnxError) {
        let code: Code =
            switch error.code {
            case .cannotRead, .cannotWrite: .file
            case .unsupportedOpset: .option
            case .notExportable: .notExportable
            case .tooLarge, .malformed, .externalData, .unsupportedOperator, .unsupported, .structure, .node, .binding:
                .invalidFile
            }
        self.init(code, error.subject, error.message)
    }
}
