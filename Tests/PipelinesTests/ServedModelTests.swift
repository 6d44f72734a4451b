import Foundation
import Graph
import Imaging
import Pipelines
import Testing

@Suite struct ServedModelTests {
    private func failure(_ package: ModelPackage) async throws -> PipelineError {
        let error = await #expect(throws: PipelineError.self) {
            _ = try await ServedModel.load(directory: package.directory, compute: ComputeSettings(threads: 1))
        }
        return try #require(error)
    }

    private func picture(seed: Int) -> Image {
        let pixels = (0..<(64 * 50 * 3)).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761 &+ seed &* 97) >> 7) }
        return Image(width: 64, height: 50, pixels: pixels)
    }

    @Test func screensLikeItsParts() async throws {
        let package = try ModelPackage()
        let model = try await ServedModel.load(directory: package.directory, compute: ComputeSettings(threads: 1))
        let image = picture(seed: 1)
        let answer = try await model.screen(image.encodedPNG())
        let (result, timings) = (answer.result, answer.timings)
        let preprocessing = try #require(model.card.task.input.preprocessing)
        let input = Tensor(zeros: TensorType(.float32, [1, 3, 48, 40]))
        try input.withElements(as: Float.self) { try preprocessing.apply(image, into: try #require($0.baseAddress)) }
        let logits = try #require(try await model.infer(["input": input])["output"]).array(of: Float.self)
        guard case .screening(let task) = model.card.task else {
            Issue.record("the card is of a screening model")
            return
        }
        #expect(result == task.result(logits: logits))
        #expect(abs(result.probabilities.reduce(0, +) - 1) < 1e-12)
        #expect(timings.compute > 0)
    }

    @Test func aFlippedByteIsRefused() async throws {
        let package = try ModelPackage()
        let path = package.directory + "/model.onnx"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        let error = try await failure(package)
        #expect(error.code == .hashMismatch && error.subject == "model.onnx")
    }

    @Test func aFileIsVerifiedByItsParts() async throws {
        let whole = try ModelPackage {
            let hash = $0.files["model.onnx"]?.sha256 ?? ""
            $0.files["model.onnx"]?.parts = [hash]
        }
        _ = try await ServedModel.load(directory: whole.directory, compute: ComputeSettings(threads: 2))
        let wrong = try ModelPackage { $0.files["model.onnx"]?.parts = [String(repeating: "0", count: 64)] }
        #expect(try await failure(wrong).code == .hashMismatch)
        let error = #expect(throws: PipelineError.self) {
            _ = try ModelPackage { $0.files["model.onnx"]?.parts = ["", ""] }
        }
        #expect(error?.code == .card)
    }

    @Test func partsCoverAFile() {
        typealias Digest = ModelCard.FileDigest
        #expect(Digest.partCount(bytes: 0) == 1 && Digest.partCount(bytes: Digest.partByteCount) == 1)
        #expect(Digest.partCount(bytes: Digest.partByteCount + 1) == 2)
    }

    @Test func aShortFileIsRefused() async throws {
        let package = try ModelPackage()
        let path = package.directory + "/model.onnx"
        try Data(contentsOf: URL(fileURLWithPath: path)).dropLast(8).write(to: URL(fileURLWithPath: path))
        let error = try await failure(package)
        #expect(error.code == .hashMismatch && error.subject == "model.onnx")
    }

    @Test func anotherAnswerIsRefused() async throws {
        let package = try ModelPackage { $0.goldenSamples[0].outputs[3] += 0.5 }
        #expect(try await failure(package).code == .goldenSample)
    }

    @Test func aListedFileThatIsNotThereIsRefused() async throws {
        let package = try ModelPackage {
            $0.files["model.onnx.data"] = ModelCard.FileDigest(bytes: 1, sha256: String(repeating: "a", count: 64))
        }
        let error = try await failure(package)
        #expect(error.code == .file && error.subject == "model.onnx.data")
        #expect(!error.clientMessage.contains(package.root))
    }

    @Test func anInputThatTheModelDoesNotHaveIsRefused() async throws {
        #expect(try await failure(try ModelPackage { $0.input = "pixels" }).code == .model)
    }

    @Test func badPicturesAreErrorsWithCodes() async throws {
        let package = try ModelPackage()
        let model = try await ServedModel.load(directory: package.directory, compute: ComputeSettings(threads: 1))
        let png = try picture(seed: 2).encodedPNG()
        for (bytes, code) in [([], "empty"), (Array(png.prefix(200)), "truncated"), ([1, 2, 3, 4], "unsupported_format")] {
            let error = await #expect(throws: PipelineError.self) { _ = try await model.screen(bytes) }
            #expect(error?.code == .image)
            #expect(error?.codeName == code)
        }
    }
}

@Suite struct ModelRepositoryTests {
    @Test func theNewestVersionIsServed() async throws {
        let package = try ModelPackage(version: 2)
        let old = package.root + "/tiny/1"
        try FileManager.default.createDirectory(atPath: old, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: package.root + "/tiny/007", withIntermediateDirectories: true)
        let repository = ModelRepository(directory: package.root, compute: ComputeSettings(threads: 1))
        try await repository.scan()
        #expect(await repository.isReady == false)
        await repository.load { _ in }
        #expect(await repository.isReady)
        #expect(try await repository.served("tiny").version == 2)
        await #expect(throws: PipelineError.self) { try await repository.served("tiny", version: 1) }
        let missing = await #expect(throws: PipelineError.self) { try await repository.served("tiny", version: 7) }
        #expect(missing?.code == .notFound)
        #expect(await repository.all.map(\.version) == [1, 2])
        await repository.drain()
        #expect(await repository.isReady == false)
    }

    @Test func aCardOfAnotherNameIsRefused() async throws {
        let package = try ModelPackage { $0.name = "other" }
        let repository = ModelRepository(directory: package.root, compute: ComputeSettings(threads: 1))
        try await repository.scan()
        await repository.load { _ in }
        let error = await #expect(throws: PipelineError.self) { try await repository.served("tiny") }
        #expect(error?.code == .notReady)
        #expect(error?.clientMessage.contains(package.root) == false)
    }

    @Test func anEmptyDirectoryIsAnError() async throws {
        let repository = ModelRepository(directory: "/nonexistent", compute: ComputeSettings(threads: 1))
        await #expect(throws: PipelineError.self) { try await repository.scan() }
    }
}
