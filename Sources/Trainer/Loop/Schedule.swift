import Foundation

/// Learning rate by step: a linear rise, then half a cosine down to the floor (RETFound's schedule, per step).
package struct Schedule: Sendable, Hashable {
    package let base: Double
    package let floor: Double
    package let warmupEpochs: Double
    package let epochs: Double
    package let stepsPerEpoch: Int

    package init(base: Double, floor: Double, warmupEpochs: Double, epochs: Double, stepsPerEpoch: Int) {
        self.base = base
        self.floor = floor
        self.warmupEpochs = warmupEpochs
        self.epochs = epochs
        self.stepsPerEpoch = max(stepsPerEpoch, 1)
    }

    /// The rate of the step with this number, from 0.
    package func rate(step: Int) -> Double {
        let epoch = Double(step) / Double(self.stepsPerEpoch)
        if epoch < self.warmupEpochs { return self.base * Double(step + 1) / (self.warmupEpochs * Double(self.stepsPerEpoch)) }
        let span = max(self.epochs - self.warmupEpochs, .leastNonzeroMagnitude)
        let progress = min((epoch - self.warmupEpochs) / span, 1)
        return self.floor + (self.base - self.floor) * 0.5 * (1 + cos(Double.pi * progress))
    }
}
