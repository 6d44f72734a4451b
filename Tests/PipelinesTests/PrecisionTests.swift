import Foundation
import Graph
import Pipelines
import Runtime
import Testing

/// Which precision a model gets, and that it is checked in it.
@Suite struct PrecisionTests {
    private static let passed = BFloat16Validation(
        pictures: 400, equalArgmax: 1, maxProbabilityDifference: 0.004, goldenTolerance: 0.02)
    private static let failed = BFloat16Validation(
        pictures: 400, equalArgmax: 0.9, maxProbabilityDifference: 0.004, goldenTolerance: 0.02)
    private static let unknown = BFloat16Validation(reason: "nobody looked")

    private static func isBFloat16Here() -> Bool {
        let isAvailable = SessionOptions.Precision.bfloat16.isAvailable
        if !isAvailable { print("skipped: this CPU does not multiply bfloat16") }
        return isAvailable
    }

    @Test func autoWantsCPUAndCard() {
        let cases: [(PrecisionChoice, BFloat16Validation?, Bool, SessionOptions.Precision, String)] = [
            (.auto, Self.passed, true, .bfloat16, "100.0 % of 400 pictures"), (.auto, Self.failed, true, .float32, "failed"),
            (.auto, Self.unknown, true, .float32, "not validated: nobody looked"), (.auto, nil, true, .float32, "says nothing"),
            (.auto, Self.passed, false, .float32, "this CPU"), (.bfloat16, Self.passed, false, .float32, "this CPU"),
            (.bfloat16, nil, true, .bfloat16, "as it was asked for; the card says nothing"),
            (.float32, Self.passed, true, .float32, "asked for"),
        ]
        for (choice, validation, isAvailable, precision, reason) in cases {
            let chosen = ChosenPrecision(choice, validation, isAvailable: isAvailable)
            #expect(chosen.precision == precision && chosen.reason.contains(reason), "\(chosen)")
        }
    }

    @Test func settingsWinOverTheProgram() async throws {
        let package = try ModelPackage()
        let model = try await ServedModel.load(
            directory: package.directory, compute: ComputeSettings(precision: .bfloat16, threads: 1, pin: true),
            settings: ModelSettings(precision: .float32, threads: 5, streams: 2))
        #expect(model.precision == ChosenPrecision(.float32, nil))
        #expect(model.options == SessionOptions(threads: 2, streams: 2, pinsThreads: true))
        #expect(model.computing == "float32 (as it was asked for), 2 streams of 2 threads, pinned")
        let plain = try await ServedModel.load(directory: package.directory, compute: ComputeSettings(threads: 1))
        #expect(plain.precision.precision == .float32)
        #expect(plain.computing.hasSuffix(", 1 thread"))
    }

    @Test func aValidatedModelComputesInBFloat16() async throws {
        guard Self.isBFloat16Here() else { return }
        let package = try ModelPackage { $0.bfloat16 = Self.passed }
        let exact = try await ServedModel.load(
            directory: package.directory, compute: ComputeSettings(precision: .float32, threads: 1))
        let narrow = try await ServedModel.load(directory: package.directory, compute: ComputeSettings(threads: 1))
        #expect(narrow.precision.precision == .bfloat16)
        let input = ["input": SeededInput(seed: 5, shape: [1, 3, 48, 40]).tensor()]
        let (one, two) = (try await exact.infer(input)["output"], try await narrow.infer(input)["output"])
        let (expected, actual) = (try #require(one).array(of: Float.self), try #require(two).array(of: Float.self))
        #expect(expected != actual)
        for (x, y) in zip(expected, actual) { #expect(abs(x - y) <= 0.02 * max(1, expected.map(abs).max() ?? 0)) }
    }

    @Test func bfloat16IsHeldToTheCardsTolerance() async throws {
        guard Self.isBFloat16Here() else { return }
        let asked = ComputeSettings(precision: .bfloat16, threads: 1)
        let strict = try ModelPackage { $0.bfloat16 = BFloat16Validation(reason: "", goldenTolerance: 1e-7) }
        var error = await #expect(throws: PipelineError.self) {
            _ = try await ServedModel.load(directory: strict.directory, compute: asked)
        }
        #expect(error?.code == .goldenSample)
        let wrong = try ModelPackage {
            $0.bfloat16 = Self.passed
            $0.goldenSamples[0].outputs[3] += 0.2 * max(1, $0.goldenSamples[0].outputs.map(abs).max() ?? 0)
        }
        error = await #expect(throws: PipelineError.self) {
            _ = try await ServedModel.load(directory: wrong.directory, compute: asked)
        }
        #expect(error?.code == .goldenSample)
        // A card that says nothing: the general tolerance.
        let silent = try ModelPackage()
        _ = try await ServedModel.load(directory: silent.directory, compute: asked)
    }
}
