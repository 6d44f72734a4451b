import Foundation
import Graph
import OnnxFormat
import Runtime
import TestSupport
import Testing

/// A picture's result does not depend on its place in a batch, on its neighbours, or on how the work is divided.
@Suite struct IndependenceTests {
    struct Model: Sendable, CustomStringConvertible {
        let name: String
        let picture: [Int]
        let precision: SessionOptions.Precision

        var description: String { "\(self.name) \(self.precision)" }
    }

    private static let batch = 8

    static let models: [Model] = [SessionOptions.Precision.float32, .bfloat16].flatMap { precision in
        [
            ("resnet_batchnorm.onnx", [3, 48, 40]), ("vit_opset20.onnx", [3, 32, 32]), ("convnext.onnx", [3, 32, 32]),
            ("efficientnet.onnx", [3, 32, 32]), ("segformer", [3, 32, 32]), ("unet", [1, 32, 24]),
        ].map { Model(name: $0.0, picture: $0.1, precision: precision) }
    }

    /// A session of the model, nil where this CPU does not compute in the precision.
    private static func session(_ model: Model, threads: Int, streams: Int = 1) throws -> Session? {
        let options = SessionOptions(threads: threads, precision: model.precision, streams: streams)
        let session: Session
        if model.name.hasSuffix(".onnx") {
            session = try Session(path: GoldenFolder.models.appendingPathComponent(model.name).path, options: options)
        } else {
            let directory = FileManager.default.temporaryDirectory.appendingPathComponent("independence-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
            defer { try? FileManager.default.removeItem(at: directory) }
            let graph = try model.name == "unet" ? SmallModel.unet() : SmallModel.segFormer()
            let written = try OnnxWriter.write(graph: graph, symbolicBatch: "n", to: directory.path)
            session = try Session(path: written.modelPath, options: options)
        }
        guard session.precision == model.precision else {
            print("skipped: this CPU does not multiply bfloat16")
            return nil
        }
        return session
    }

    private static func pictures(_ model: Model, _ seeds: [UInt64]) -> [[Float]] {
        seeds.map { seed in
            var random = SeededRandom(seed: seed)
            return random.tensor(TensorType(.float32, model.picture), in: -1...1).array(of: Float.self)
        }
    }

    /// The outputs of a batch, one array for each picture.
    private static func run(_ session: Session, _ model: Model, _ pictures: [[Float]]) async throws -> [[Float]] {
        let tensor = Tensor(pictures.flatMap { $0 }, shape: [pictures.count] + model.picture)
        let output = try #require(try await session.run([session.model.inputs[0].name: tensor]).first?.value)
        let all = output.array(of: Float.self)
        let size = all.count / pictures.count
        return pictures.indices.map { Array(all[$0 * size..<($0 + 1) * size]) }
    }

    private static func largestDifference(_ a: [[Float]], _ b: [[Float]]) -> Float {
        zip(a.joined(), b.joined()).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }

    @Test(arguments: models) func placesAndNeighboursDoNotMatter(_ model: Model) async throws {
        guard let session = try Self.session(model, threads: 2) else { return }
        let pictures = Self.pictures(model, (1...UInt64(Self.batch)).map { $0 })
        let expected = try await Self.run(session, model, pictures)
        #expect(Set(expected).count == Self.batch && expected.joined().allSatisfy { $0.isFinite })
        for shift in [1, 3, 6] {
            let moved = try await Self.run(session, model, pictures.indices.map { pictures[($0 + shift) % Self.batch] })
            for place in pictures.indices {
                #expect(moved[place] == expected[(place + shift) % Self.batch], "\(model), moved by \(shift) to \(place)")
            }
        }
        for place in pictures.indices {
            var others = Self.pictures(model, (1...UInt64(Self.batch)).map { $0 + 100 })
            others[place] = pictures[place]
            let alone = try await Self.run(session, model, others)[place]
            #expect(alone == expected[place], "\(model), others around \(place)")
        }
    }

    /// A picture full of NaN, one with a single NaN and one of infinities change only their own results.
    @Test(arguments: models) func onePictureDoesNotSpoilOthers(_ model: Model) async throws {
        guard let session = try Self.session(model, threads: 2) else { return }
        let pictures = Self.pictures(model, (1...UInt64(Self.batch)).map { $0 })
        let expected = try await Self.run(session, model, pictures)
        var spoilt = pictures
        spoilt[1] = pictures[1].map { _ in .nan }
        spoilt[4][pictures[4].count / 2] = .nan
        spoilt[6] = pictures[6].map { $0 < 0 ? -.infinity : .infinity }
        let outputs = try await Self.run(session, model, spoilt)
        for place in pictures.indices where ![1, 4, 6].contains(place) {
            #expect(outputs[place] == expected[place], "\(model), picture \(place)")
        }
        for place in [1, 4, 6] { #expect(outputs[place].contains { !$0.isFinite }, "\(model), picture \(place)") }
        #expect(outputs[1].allSatisfy { $0.isNaN }, "\(model)")
    }

    @Test(arguments: models) func threadsDoNotMatter(_ model: Model) async throws {
        guard let one = try Self.session(model, threads: 1), let two = try Self.session(model, threads: 2) else { return }
        for count in [1, Self.batch] {
            let pictures = Self.pictures(model, (1...UInt64(count)).map { $0 })
            let expected = try await Self.run(one, model, pictures)
            let largest = expected.joined().reduce(0) { max($0, abs($1)) }
            let difference = Self.largestDifference(try await Self.run(two, model, pictures), expected)
            #expect(difference <= 1e-6 * largest, "\(model), \(count) pictures: \(difference) of \(largest)")
        }
    }

    /// Two streams of one thread give what one stream of one thread gives, whichever stream takes a picture.
    @Test(arguments: models) func streamsDoNotMatter(_ model: Model) async throws {
        guard let one = try Self.session(model, threads: 1),
            let streams = try Self.session(model, threads: 1, streams: 2)
        else { return }
        let pictures = Self.pictures(model, (1...6).map { $0 })
        let answers = try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
            for (index, picture) in pictures.enumerated() {
                group.addTask { (index, try await Self.run(streams, model, [picture])[0]) }
            }
            return try await group.reduce(into: [Int: [Float]]()) { $0[$1.0] = $1.1 }
        }
        for (index, picture) in pictures.enumerated() {
            let expected = try await Self.run(one, model, [picture])[0]
            #expect(answers[index] == expected, "\(model), picture \(index)")
        }
    }
}
