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
    /// The node, input or file.
    package let subject: String
    package let message: String

    package init(_ code: Code, _ subject: String, _ message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package init(_ error: GraphError) {
        self.init(.model, error.subject, error.message)
    }

    package init(_ error: OnnxError) {
        self.init(.model, "model", error.description)
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

    package var description: String { "\(self.subject): \(self.message)" }
}
