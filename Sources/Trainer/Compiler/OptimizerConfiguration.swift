package import Architectures

/// Which optimizer and its constants (PyTorch's formulas).
package struct OptimizerConfiguration: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case sgd
        /// L2 added to the gradient.
        case adam
        /// Decoupled weight decay (Loshchilov and Hutter 2017).
        case adamw
    }

    package var kind: Kind = .adamw
    package var weightDecay: Double = 0.05
    package var momentum: Double = 0.9
    package var beta1: Double = 0.9
    package var beta2: Double = 0.999
    package var epsilon: Double = 1e-8
    /// Biases, norms, tokens and positions decay too (PyTorch's plain optimizers); timm and RETFound spare them.
    package var decaysVectors: Bool = false

    package init() {}

    package func decays(_ spec: ParameterSpec) -> Bool {
        self.decaysVectors || (spec.role != .vector && spec.shape.count > 1)
    }
}

/// The numbers that change from step to step, as the graph's input `hyper`.
package struct Hyperparameters: Sendable {
    package static let inputName = "hyper"
    package static let count = 4

    package let learningRate: Double
    /// Steps taken when this one is done, from 1.
    package let step: Int

    package init(learningRate: Double, step: Int) {
        self.learningRate = learningRate
        self.step = step
    }

    /// Learning rate, `1 - β₁ᵗ`, `√(1 - β₂ᵗ)` and the gradient's scale, computed in double precision.
    package func values(_ optimizer: OptimizerConfiguration) -> [Float] {
        let first = 1 - power(optimizer.beta1, self.step)
        let second = (1 - power(optimizer.beta2, self.step)).squareRoot()
        return [Float(self.learningRate), Float(first), Float(second), 1]
    }
}

private func power(_ base: Double, _ exponent: Int) -> Double {
    var result = 1.0
    var factor = base
    var remaining = exponent
    while remaining > 0 {
        if remaining & 1 == 1 { result *= factor }
        factor *= factor
        remaining >>= 1
    }
    return result
}
