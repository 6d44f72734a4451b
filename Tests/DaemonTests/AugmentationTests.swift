import Daemon
import Foundation
import Imaging
import Metrics
import Pipelines
import Testing

/// Test-time augmentation over the protocol: the answer is the mean of the answers to the four views.
@Suite struct AugmentationTests {
    private static let fourViews = "test_time_augmentation: four_views"
    private static let picture = testPicture(7, width: 16, height: 16)

    /// Two names for one network, the second with four views.
    private static func twice(_ write: (TinyModels, String) throws -> Void) async throws -> (TinyModels, InferenceClient) {
        let models = try TinyModels()
        try write(models, "plain")
        try write(models, "turned")
        try models.settings("turned", Self.fourViews)
        return (models, try await models.service())
    }

    @Test func screeningAveragesProbabilities() async throws {
        let (_, client) = try await Self.twice { try $0.screening($1, seed: 2) }
        var views: [[Double]] = []
        for view in TestTimeView.allCases {
            views.append(try await client.ask("plain/screen", Self.picture.seen(view), ScreenReply.self).probabilities)
        }
        #expect(Set(views).count == 4)
        let reply = try await client.ask("turned/screen", Self.picture, ScreenReply.self)
        for (index, probability) in reply.probabilities.enumerated() {
            var mean = 0.0
            for view in views { mean += view[index] / 4 }
            #expect(abs(probability - mean) < 1e-15)
        }
        let peak: Double = try #require(reply.probabilities.max())
        #expect(reply.grade == reply.probabilities.firstIndex(of: peak))
        let referable: Double = reply.probabilities[1] + reply.probabilities[2]
        #expect(reply.referable?.probability == referable)
        #expect(reply.views == 4 && reply.votes == nil && reply.note == nil)
        #expect(try await client.ask("plain/screen", Self.picture, ScreenReply.self).views == 1)
    }

    @Test func embeddingsAreAveragedAndMadeOfLengthOne() async throws {
        let (_, client) = try await Self.twice { try $0.retrieval($1, seed: 2) }
        var sum = [Double](repeating: 0, count: 8)
        for view in TestTimeView.allCases {
            let reply = try await client.ask("plain/embed", Self.picture.seen(view), EmbedReply.self)
            for (index, value) in reply.embedding.enumerated() { sum[index] += Double(value) }
        }
        let length: Double = sum.map { $0 * $0 }.reduce(0, +).squareRoot()
        #expect(length < 3.999)
        let reply = try await client.ask("turned/embed", Self.picture, EmbedReply.self)
        for (value, total) in zip(reply.embedding, sum) {
            let expected: Double = total / length
            #expect(abs(Double(value) - expected) < 2e-7)
        }
        #expect(reply.views == 4)
    }

    @Test func segmentationAveragesTheMapsTurnedBack() async throws {
        let (models, client) = try await Self.twice { try $0.segmentation($1, seed: 3, threshold: 0.4) }
        let size = 16 * 16
        var sum = [Double](repeating: 0, count: 2 * size)
        for view in TestTimeView.allCases {
            let logits = try models.outputs("plain", Self.picture.seen(view))
            for index in logits.indices {
                let source = view.source(row: index % size / 16, column: index % 16, size: 16)
                let place: Int = index / size * size + source.row * 16 + source.column
                let logit = Double(logits[index])
                sum[place] += 1 / (1 + exp(-logit))
            }
        }
        let reply = try await client.ask("turned/segment", Self.picture, SegmentReply.self)
        #expect(reply.views == 4 && reply.votes == nil)
        let alone = try await client.ask("plain/segment", Self.picture, SegmentReply.self)
        for (index, segmented) in reply.classes.enumerated() {
            let mask = try Image.decode(Array(segmented.mask))
            var area = 0
            for pixel in 0..<size {
                let mean = sum[index * size + pixel] / 4
                guard abs(mean - 0.4) > 1e-6 else { continue }
                #expect((mask[x: pixel % 16, y: pixel / 16].red == 255) == (mean > 0.4))
                area += mean > 0.4 ? 1 : 0
            }
            #expect(abs(area - segmented.area) <= 1 && area > 0 && area < size)
            #expect(alone.classes[index].mask != segmented.mask)
        }
    }

    @Test func aPictureThatIsNotSquareIsRefusedWhenTheModelIsLoaded() async throws {
        let models = try TinyModels()
        try models.screening("wide", seed: 1, height: 12, width: 16)
        try models.settings("wide", Self.fourViews)
        let client = try await models.service()
        let refusal = try await client.refusal("wide/screen")
        #expect(refusal.status == 503 && refusal.code == "not_ready")
        #expect(refusal.message.contains("four_views needs a square input; model wide takes 12 x 16 pixels"), "\(refusal)")
        #expect(await client.get("/v2/health/ready").status == 503)
    }

    @Test func settingsWithMistakesKeepTheModelFromBeingReady() async throws {
        let models = try TinyModels()
        try models.screening("a", seed: 1)
        try models.screening("b", seed: 2)
        try models.settings("a", "test_time_augmentatoin: none")
        try models.settings("empty", "index: elsewhere")
        let client = try await models.service()
        let refusal = try await client.refusal("a/screen")
        #expect(refusal.status == 503 && refusal.message.contains("did you mean test_time_augmentation?"), "\(refusal)")
        let empty = try await client.refusal("empty/screen")
        #expect(empty.status == 503 && empty.message.contains("no version of a model beside it"), "\(empty)")
        _ = try await client.ask("b/screen", Self.picture, ScreenReply.self)
    }
}
