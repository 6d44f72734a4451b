/// An activation that a product or convolution applies while its result is still in the cache.
package enum FusedActivation: String, Sendable, Hashable, CaseIterable {
    case none
    case relu
    /// The exact form with the error function.
    case gelu
    /// The tanh approximation.
    case geluTanh
    case silu
    case sigmoid

    /// The activation that an operator computes; nil for others.
    package init?(_ op: any Operator) {
        switch op {
        case is Relu: self = .relu
        case let gelu as Gelu: self = gelu.approximate == .none ? .gelu : .geluTanh
        case is Silu: self = .silu
        case is Sigmoid: self = .sigmoid
        default: return nil
        }
    }

    /// The operator that computes the same, nil for `none`.
    package var unfused: (any Operator)? {
        switch self {
        case .none: nil
        case .relu: Relu()
        case .gelu: Gelu(approximate: .none)
        case .geluTanh: Gelu(approximate: .tanh)
        case .silu: Silu()
        case .sigmoid: Sigmoid()
        }
    }

    /// Emits the activation as its own operator; x itself for `none`.
    package func unfused(in graph: inout Graph, _ x: ValueID) throws(GraphError) -> ValueID {
        guard let op = self.unfused else { return x }
        return try graph.apply(op, x)
    }
}
