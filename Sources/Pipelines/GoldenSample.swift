package import Graph
import Metrics

/// An input made from a seed, so that a model package needs no stored picture.
///
/// The generator `splitmix64-uniform`: a SplitMix64 stream of `seed`; each element, in row-major order, is
/// `Float(low + (high - low) * u)` with `u` the next 64 bits shifted right by 11 and multiplied by 2^-53, in double precision.
package struct SeededInput: Sendable, Hashable, Codable {
    package enum Generator: String, Sendable, Hashable, Codable {
        case splitMix64Uniform = "splitmix64-uniform"
    }

    package var generator: Generator
    package var seed: UInt64
    /// `[N, C, H, W]`.
    package var shape: [Int]
    package var low: Double
    package var high: Double

    package init(seed: UInt64, shape: [Int], low: Double = -2, high: Double = 2) {
        self.generator = .splitMix64Uniform
        self.seed = seed
        self.shape = shape
        self.low = low
        self.high = high
    }

    /// Elements that a card may ask for: a batch of 64 pictures of 1024 x 1024.
    static let largestElementCount = 64 * 3 * 1024 * 1024

    /// The input, float32 of `shape`. The card's check has bounded the shape.
    package func tensor() -> Tensor {
        let tensor = Tensor(zeros: TensorType(.float32, self.shape))
        var random = SplitMix64(seed: self.seed)
        let (low, span) = (self.low, self.high - self.low)
        tensor.withElements(as: Float.self) { elements in
            for index in elements.indices { elements[index] = Float(low + span * random.unit()) }
        }
        return tensor
    }
}

/// A question with its known answer: a model is ready when it reproduces it.
package struct GoldenSample: Sendable, Hashable, Codable {
    package var input: SeededInput
    /// The model's output (logits), row-major; of a long one every `stride`-th element.
    package var outputs: [Float]
    /// Nil where `outputs` has every element.
    package var stride: Int?
    /// Largest accepted difference, relative to the largest magnitude among `outputs` or 1, whichever is larger.
    package var tolerance: Double

    /// The largest tolerance that a card may give.
    package static let mostTolerance = 0.1
    /// Elements that a card holds of one output.
    package static let mostOutputs = 4096

    /// - Parameter outputs: every element of the output.
    package init(input: SeededInput, outputs: [Float], tolerance: Double = 1e-4) {
        self.input = input
        let step = (outputs.count + Self.mostOutputs - 1) / Self.mostOutputs
        self.stride = step > 1 ? step : nil
        self.outputs = step > 1 ? Swift.stride(from: 0, to: outputs.count, by: step).map { outputs[$0] } : outputs
        self.tolerance = tolerance
    }

    /// How many numbers the card must have of an output of `count` elements.
    package func expectedCount(of count: Int) -> Int {
        let step = max(self.stride ?? 1, 1)
        return count / step + (count % step == 0 ? 0 : 1)
    }

    /// The largest difference of `actual`, which has as many elements as the output that the sample was made of, in the measure
    /// of `tolerance`; infinite where one is NaN.
    package func difference(_ actual: [Float]) -> Double {
        let step = self.stride ?? 1
        let largest = self.outputs.enumerated().reduce(0.0) { largest, entry in
            let difference = abs(Double(actual[entry.offset * step]) - Double(entry.element))
            return difference.isNaN ? .infinity : max(largest, difference)
        }
        return largest / self.scale
    }

    /// What tolerances are relative to.
    private var scale: Double { Double(self.outputs.reduce(1) { max($0, abs($1)) }) }

    /// Why `actual` is not the answer, without its values; nil when it is. NaN never is.
    /// - Parameter tolerance: Instead of the sample's own.
    package func mismatch(_ actual: [Float], tolerance: Double? = nil) -> String? {
        guard self.expectedCount(of: actual.count) == self.outputs.count else {
            return "the model gave \(actual.count) outputs, the card has \(self.outputs.count)"
        }
        let step = self.stride ?? 1
        let bound = (tolerance ?? self.tolerance) * self.scale
        for (index, expected) in self.outputs.enumerated() {
            let difference = abs(Double(actual[index * step]) - Double(expected))
            guard difference <= bound else {
                return "output \(index * step) differs by \(difference), allowed are \(bound)"
            }
        }
        return nil
    }
}
