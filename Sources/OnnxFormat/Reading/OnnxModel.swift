package import Graph

/// A model file that was read and checked: its interface, its nodes as the file spells them, and its weights, which
/// view the mapped files.
package struct OnnxModel: Sendable {
    /// A file that the model consists of.
    package struct File: Sendable {
        /// Relative to the model's directory.
        package let path: String
        /// The mapped bytes: what is hashed here is what is computed with.
        package let contents: TensorStorage

        package var byteCount: Int { self.contents.byteCount }
    }

    /// A node as the file spells it.
    struct Node: Sendable {
        /// The node's name, its first output's when it has none.
        var name: String
        let type: String
        /// Empty for the standard operators.
        let domain: String
        /// Opset of the default domain that the node is written in.
        let opset: Int
        /// Empty strings for absent inputs and outputs.
        var inputs: [String]
        var outputs: [String]
        var attributes: [String: OnnxValue]
        /// Attributes of a function's body that take the value of the function's own attribute.
        var references: [String: String] = [:]
        /// Branches and loop bodies, by attribute.
        var subgraphs: [String: Subgraph] = [:]

        /// The type with its domain, for errors.
        var qualifiedType: String { self.domain.isEmpty ? self.type : "\(self.domain).\(self.type)" }
    }

    /// Nodes within a node; they see the names around them.
    struct Subgraph: Sendable {
        /// Names of what the node gives at each start.
        var inputs: [String]
        var outputs: [String]
        var initializers: [(name: String, tensor: Tensor)]
        var nodes: [Node]
    }

    /// An operator that the file itself defines by others.
    struct Function: Sendable {
        let inputs: [String]
        let outputs: [String]
        /// Attributes without a default, then those with one.
        let attributes: [String]
        let defaults: [String: OnnxValue]
        let nodes: [Node]
    }

    package let name: String
    package let opset: Int
    package let irVersion: Int
    package let producerName: String
    package let producerVersion: String
    package let modelVersion: Int
    /// `metadata_props`.
    package let metadata: [String: String]
    /// Inputs that a run must be given; initializers that are listed as inputs are not among them.
    package let inputs: [OnnxPort]
    package let outputs: [OnnxPort]
    /// The model file first, then the weight files in the order of their first use.
    package let files: [File]
    let initializers: [(name: String, tensor: Tensor)]
    let nodes: [Node]
    /// By qualified type.
    let functions: [String: Function]
    package let limits: OnnxLimits
    /// What the file has that is not read; a model with any cannot become a graph.
    let unsupported: Unsupported

    /// Weights by name, in the file's order.
    package var weights: [(name: String, type: TensorType)] { self.initializers.map { ($0.name, $0.tensor.type) } }

    /// Names of the symbolic dimensions of the inputs, sorted.
    package var symbolicDimensions: [String] {
        let names = self.inputs.flatMap { $0.dimensions ?? [] }.compactMap { dimension -> String? in
            if case .symbolic(let name) = dimension { name } else { nil }
        }
        return Set(names).sorted()
    }

    /// How often each operator occurs.
    package var operatorCounts: [String: Int] {
        self.nodes.reduce(into: [:]) { $0[$1.qualifiedType, default: 0] += 1 }
    }
}
