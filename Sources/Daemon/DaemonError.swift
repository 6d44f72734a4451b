import Pipelines

/// The one error of this module: a request that is refused, or a daemon that cannot work.
package struct DaemonError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// The request contradicts the protocol or the model.
        case invalid
        case notFound = "not_found"
        /// The path exists, but not with this method; `message` names the methods there are.
        case methodNotAllowed = "method_not_allowed"
        /// The body is larger than the daemon takes.
        case tooLarge = "too_large"
        /// Valid, but not offered here.
        case unsupported
        /// Nothing is wrong with the request; try again later.
        case unavailable
        /// A fault of the daemon.
        case `internal`
        /// The socket cannot be used.
        case socket
        /// The other side closed or did not answer in time.
        case connection
        /// A file of the client cannot be read or written.
        case file
    }

    package var code: Code
    package var subject: String
    package var message: String

    package init(_ code: Code, _ subject: String, _ message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String { "\(self.subject): \(self.message)" }
}

/// An error as a client sees it.
package struct ErrorReply: Sendable, Hashable {
    /// HTTP status.
    package let status: Int
    /// For tables and scripts; sent in the header `Error-Code`.
    package let code: String
    /// Without paths of this machine, tensor values or anything from a picture.
    package let message: String

    /// The one place where errors become HTTP: not found 404, an index of another model 409, unavailable 503, unsupported 501, fault 500, too large 413,
    /// method 405, all others 400.
    package init(_ error: any Error) {
        switch error {
        case let error as DaemonError:
            self.init(status: Self.status(error.code), code: error.code.rawValue, message: error.description)
        case let error as PipelineError:
            self.init(status: Self.status(error.code), code: error.codeName, message: error.clientMessage)
        case is CancellationError:
            self.init(status: 503, code: "cancelled", message: "request: was cancelled")
        default:
            self.init(status: 500, code: "internal", message: "request: the daemon failed; its log says why")
        }
    }

    private init(status: Int, code: String, message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    private static func status(_ code: DaemonError.Code) -> Int {
        switch code {
        case .invalid: 400
        case .notFound: 404
        case .methodNotAllowed: 405
        case .tooLarge: 413
        case .unsupported: 501
        case .unavailable: 503
        case .internal, .socket, .connection, .file: 500
        }
    }

    private static func status(_ code: PipelineError.Code) -> Int {
        switch code {
        case .image, .input: 400
        case .notFound: 404
        case .indexMismatch: 409
        case .notReady, .outOfMemory: 503
        case .card, .settings, .index, .file, .hashMismatch, .model, .goldenSample, .execution: 500
        }
    }
}
