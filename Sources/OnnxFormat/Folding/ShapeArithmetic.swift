import Graph

/// Computes the small integer sums that exporters leave in a model to work out sizes; every size is known here, so they
/// become constants.
///
/// Each rule returns nil when it does not know the case: the node is then left to the operators.
struct ShapeArithmetic {
    typealias Rule = @Sendable (FoldedNode) throws(GraphError) -> SmallTensor?

    /// A node whose inputs are all constants.
    struct FoldedNode {
        let type: String
        let opset: Int
        let attributes: [String: OnnxValue]
        let inputs: [SmallTensor?]

        /// The required input.
        func input(_ index: Int) throws(GraphError) -> SmallTensor {
            guard let tensor = self.optional(index) else { throw GraphError(.arity, self.type, "input \(index) is absent") }
            return tensor
        }

        func optional(_ index: Int) -> SmallTensor? { index < self.inputs.count ? self.inputs[index] : nil }

        func int(_ name: String) throws(GraphError) -> Int? {
            switch self.attributes[name] {
            case nil: return nil
            case .int(let value): return value
            default: throw GraphError(.attribute, self.type, "attribute \(name) must be an int")
            }
        }

        /// Integers of a required input of rank 0 or 1.
        func sizes(_ index: Int) throws(GraphError) -> [Int] {
            let tensor = try self.input(index)
            guard tensor.shape.count <= 1, let values = tensor.ints else {
                throw GraphError(.shape, self.type, "input \(index) must be a list of integers")
            }
            return values
        }

        func overflow() -> GraphError { GraphError(.attribute, self.type, "integer overflow while sizes are worked out") }
    }

    private static let rules: [String: (attributes: Set<String>, rule: Rule)] = {
        var rules = ShapeArithmetic.elementwise
        rules.merge(ShapeArithmetic.movement) { first, _ in first }
        return rules
    }()

    /// The operators that are folded where their inputs are small constants.
    static var types: Set<String> { Set(self.rules.keys) }

    /// The node's only output; nil when the node cannot be folded.
    static func fold(_ node: FoldedNode) throws(GraphError) -> SmallTensor? {
        guard let entry = self.rules[node.type], node.attributes.keys.allSatisfy(entry.attributes.contains) else { return nil }
        return try entry.rule(node)
    }
}
