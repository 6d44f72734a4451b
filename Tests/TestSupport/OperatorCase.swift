package import Graph

/// One problem for an operator; every check runs on every case.
package struct OperatorCase: Sendable, CustomStringConvertible {
    package let name: String
    package let op: any Operator
    /// Types of the inputs, nil where an optional one is absent.
    package let inputs: [TensorType?]
    /// Range of random float inputs, the same for all or one per input.
    package let ranges: [ClosedRange<Float>]
    /// Inputs given as they are, by index (indices, masks, seeds).
    package let fixed: [Int: Tensor]
    /// Inputs to check gradients of; nil means every float32 input.
    package let differentiable: [Int]?
    /// Bound between the best implementation and the reference.
    package let tolerance: Tolerance
    /// Step of the central difference.
    package let step: Float

    package init(
        _ name: String, _ op: any Operator, _ inputs: [TensorType?], range: ClosedRange<Float> = -1...1,
        ranges: [ClosedRange<Float>]? = nil, fixed: [Int: Tensor] = [:], differentiable: [Int]? = nil,
        tolerance: Tolerance = .float32, step: Float = 1.0 / 128
    ) {
        self.name = name
        self.op = op
        self.inputs = inputs
        self.ranges = ranges ?? [ClosedRange<Float>](repeating: range, count: inputs.count)
        self.fixed = fixed
        self.differentiable = differentiable
        self.tolerance = tolerance
        self.step = step
    }

    package var description: String { "\(self.op.name) \(self.name)" }

    /// The inputs of this case for a seed.
    package func tensors(seed: UInt64) -> [Tensor?] {
        var random = SeededRandom(seed: seed)
        return self.inputs.enumerated().map { index, type in
            type.map { self.fixed[index] ?? random.tensor($0, in: self.ranges[index]) }
        }
    }
}
