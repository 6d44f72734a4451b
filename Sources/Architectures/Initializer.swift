/// How a fresh parameter is filled.
package enum Initializer: Sendable, Hashable {
    case constant(Float)
    /// Uniform over `-bound...bound`.
    case uniform(bound: Float)
    /// Normal with mean 0.
    case normal(deviation: Float)
    /// Normal with mean 0, redrawn outside `-2...2` (PyTorch's and timm's `trunc_normal_`).
    case truncatedNormal(deviation: Float)

    package static let zeros = Initializer.constant(0)
    package static let ones = Initializer.constant(1)

    /// PyTorch's default of `Linear` and `Conv`: `U(-1/√fanIn, 1/√fanIn)`.
    package static func fanIn(_ fanIn: Int) -> Initializer {
        .uniform(bound: 1 / Float(max(fanIn, 1)).squareRoot())
    }

    /// He's normal initialisation by fan-out, what torchvision and timm give the convolutions of ResNet.
    package static func heFanOut(_ fanOut: Int) -> Initializer {
        .normal(deviation: (2 / Float(max(fanOut, 1))).squareRoot())
    }
}

/// What a parameter is to training.
package enum ParameterRole: Sendable, Hashable {
    /// A matrix or kernel: trained, decayed.
    case weight
    /// A bias, scale, token or position: trained, not decayed.
    case vector
    /// An adapter's matrix.
    case adapter
    /// Part of the task head.
    case head
    /// Running statistics: renewed by the forward pass, never by the optimizer.
    case buffer
}

/// A parameter that an architecture wants.
package struct ParameterSpec: Sendable, Hashable {
    /// As published (timm, RETFound, PEFT).
    package let name: String
    package let shape: [Int]
    package let initializer: Initializer
    package let role: ParameterRole
}
