import Foundation
import Graph
import Metrics
import Pipelines
import Runtime
import Architectures

/// Compares a written file's answers in bfloat16 with those in float32; picture by picture, on one thread.
final class BFloat16Comparison {
    private let session: Session
    private let goldenDifference: Double
    private var pictures = 0
    private var equal = 0
    private var largest = 0.0

    /// Loads the file once more, and runs its golden sample. Nil where this CPU does not multiply bfloat16.
    init?(_ path: String, threads: Int, golden: GoldenSample) throws {
        self.session = try Session(path: path, options: SessionOptions(threads: threads, precision: .bfloat16))
        guard self.session.precision == .bfloat16 else { return nil }
        self.goldenDifference = golden.difference(try Self.outputs(self.session, golden.input.tensor()))
    }

    private static func outputs(_ session: Session, _ input: Tensor) throws -> [Float] {
        guard let outputs = try session.runAndWait([ModelRecipe.inputName: input])[ModelRecipe.outputName] else {
            throw ExportError(.invalidFile, ModelRecipe.outputName, "the written file has no such output")
        }
        return outputs.array(of: Float.self)
    }

    /// Screens a picture, whose answer in float32 is known.
    func add(_ input: Tensor, float32 exact: ScreeningResult, _ task: ScreeningTask) throws {
        self.add(task.result(logits: try Self.outputs(self.session, input)), float32: exact)
    }

    private func add(_ narrow: ScreeningResult, float32 exact: ScreeningResult) {
        self.pictures += 1
        if narrow.grade == exact.grade { self.equal += 1 }
        for (one, other) in zip(narrow.probabilities, exact.probabilities) {
            let difference = abs(one - other)
            // NaN is as far as probabilities can be apart.
            self.largest = difference.isNaN ? 1 : max(self.largest, difference)
        }
    }

    /// What was found so far.
    /// - Parameter reason: Why no pictures were compared, if none were.
    func validation(withoutPictures reason: String) -> BFloat16Validation {
        // Twice what was found, because sums in another order round to neighbours, and never less than a rounding.
        let tolerance = self.goldenDifference.isFinite ? max(2 * self.goldenDifference, 0x1p-7) : nil
        guard self.pictures > 0 else { return BFloat16Validation(reason: reason, goldenTolerance: tolerance) }
        return BFloat16Validation(
            pictures: self.pictures, equalArgmax: Double(self.equal) / Double(self.pictures),
            maxProbabilityDifference: self.largest, goldenTolerance: tolerance)
    }
}
