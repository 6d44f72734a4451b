/// What is wrong with a graph, an operator or its inputs.
package struct GraphError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// Shapes or ranks that do not fit together.
        case shape
        /// An element type that the operator does not take.
        case dataType
        /// An attribute outside its range.
        case attribute
        /// Too few, too many or absent inputs.
        case arity
        /// A broken invariant of the graph itself: dangling value, duplicate name, wrong order.
        case structure
        /// No gradient exists for what is asked.
        case gradient
        /// The operator, opset or form is not supported.
        case unsupported
        /// What a node means, or the size of its outputs, depends on the value of this input, which is not known yet.
        case valueNeeded(input: Int)
    }

    package let code: Code
    /// The operator or node, as its schema spells it.
    package let subject: String
    package let message: String

    package init(_ code: Code, _ subject: String, _ message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    package var description: String { "\(self.subject): \(self.message)" }

    /// The same error with the node's name in front of the subject.
    package func at(node name: String) -> GraphError {
        GraphError(self.code, "\(name) (\(self.subject))", self.message)
    }
}
