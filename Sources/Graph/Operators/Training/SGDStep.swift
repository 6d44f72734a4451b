/// One step of stochastic gradient descent with momentum, PyTorch's `SGD` (dampening 0).
///
///     g += weightDecay·w;  m = momentum·m + g;  w -= lr·(nesterov ? g + momentum·m : m)
///
/// The momentum buffer starts as zeros.
package struct SGDStep: OptimizerStep {
    package static let schema = OperatorSchema(
        "SGDStep", inputs: ["w", "g", "m", "hyper"], optional: ["clip"], outputs: ["w", "m"])

    package let momentum: Double
    package let nesterov: Bool
    package let weightDecay: Double

    package init(momentum: Double, nesterov: Bool = false, weightDecay: Double = 0) {
        self.momentum = momentum
        self.nesterov = nesterov
        self.weightDecay = weightDecay
    }
}
