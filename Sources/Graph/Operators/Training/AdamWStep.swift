/// One step of AdamW, or of Adam with L2 regularisation when not `decoupled`, in PyTorch's order of operations.
///
///     decoupled: w *= 1 - lr·weightDecay;  else: g += weightDecay·w
///     m += (1-β₁)(g-m);  v = β₂·v + (1-β₂)·g²;  w -= lr/(1-β₁ᵗ) · m / (√v/√(1-β₂ᵗ) + epsilon)
package struct AdamWStep: OptimizerStep {
    package static let schema = OperatorSchema(
        "AdamWStep", inputs: ["w", "g", "m", "v", "hyper"], optional: ["clip"], outputs: ["w", "m", "v"])

    package let beta1: Double
    package let beta2: Double
    package let epsilon: Double
    package let weightDecay: Double
    package let decoupled: Bool

    package init(
        beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0.01, decoupled: Bool = true
    ) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.decoupled = decoupled
    }
}
