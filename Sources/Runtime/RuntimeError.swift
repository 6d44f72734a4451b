package import Graph
package import Kernels
package import OnnxFormat

/// Why a model could not be loaded, planned or run.
package struct RuntimeError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The file is absent, damaged or not what it says.
        case model
        /// The model needs something that this program does not have.
        case unsupported
        /// Inputs that the model does not take.
        case input
        case outOfMemory
        /// A kernel failed while running.
        case execution
    }

    package let code: Code
    /// The node with its operator, the input or the file.
    package let subject: String
    package let message: String
    /// The model's file; nil where a graph alone is planned.
    package private(set) var model: String?

    package init(_ code: Code, _ subject: String, _ message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package init(_ error: GraphError) {
        self.init(.model, error.subject, error.message)
    }

    package init(_ error: OnnxError) {
        let code: Code =
            switch error.code {
            case .unsupportedOpset, .unsupportedOperator, .unsupported: .unsupported
            case .binding: .input
            case .cannotRead, .tooLarge, .malformed, .externalData, .structure, .node, .notExportable, .cannotWrite: .model
            }
        self.init(code, error.subject, error.message)
    }

    package init(_ error: KernelError, at node: Node) {
        let code: Code =
            switch error.code {
            case .unsupported: .unsupported
            case .outOfMemory: .outOfMemory
            case .outOfRange: .input
            case .library: .execution
            }
        self.init(code, "\(node.name) (\(error.subject))", error.message)
    }

    /// The same with the model's file.
    func of(model: String) -> RuntimeError {
        var error = self
        error.model = model
        return error
    }

    package var description: String {
        let place = self.model.map { $0 == self.subject ? "" : "\($0): " } ?? ""
        return "\(place)\(self.subject): \(self.message)"
    }
}
