import Graph

/// What is wrong with a model file, or why a graph cannot be written as one.
package struct OnnxError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The file does not exist or cannot be opened, mapped or read.
        case cannotRead
        /// The file or one of its tensors is larger than the limits.
        case tooLarge
        /// The bytes are no ONNX model, or fields contradict each other.
        case malformed
        /// A weight file outside the model's directory, behind a link, too short, or described in a way we refuse.
        case externalData
        /// The opset is outside those that are read.
        case unsupportedOpset
        /// Operators that this program cannot compute; the message counts them all.
        case unsupportedOperator
        /// A feature of the format that is not read: element types, kinds of attributes, training, sequences.
        case unsupported
        /// Names, order or types of the graph do not fit together.
        case structure
        /// An operator refuses its attributes or inputs.
        case node
        /// A dimension of an input has no size, or the sizes given do not fit the model.
        case binding
        /// A graph that has no ONNX form.
        case notExportable
        /// The disk refuses the file.
        case cannotWrite
    }

    package let code: Code
    /// The file, tensor or node.
    package let subject: String
    package let message: String

    package init(_ code: Code, _ subject: String, _ message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    /// A graph's own complaint while a model is read.
    init(_ error: GraphError) {
        self.init(error.code == .structure ? .structure : .node, error.subject, error.message)
    }

    /// The same with the node's name, which the graph has given already when it refused the operator.
    init(_ error: GraphError, at node: OnnxModel.Node) {
        self.init(error.subject.hasPrefix("\(node.name) (") ? error : error.at(node: node.name))
    }

    package var description: String { "\(self.subject): \(self.message)" }
}
