import Daemon
import Foundation
import Imaging
import Metrics
import Pipelines
import Testing

/// The protocol without a socket.
struct InferenceClient: Sendable {
    let repository: ModelRepository
    let service: InferenceService

    init(repository: ModelRepository) {
        self.repository = repository
        self.service = InferenceService(repository: repository)
    }

    func get(_ target: String) async -> Answer { await self.service.answer(Request("GET", target)) }

    func post(_ target: String, _ body: [UInt8]) async -> Answer {
        await self.service.answer(Request("POST", target, body: body))
    }

    /// The reply to a picture, sent as PNG.
    func ask<Reply: Decodable>(_ target: String, _ picture: Image, _ type: Reply.Type = Reply.self) async throws -> Reply {
        let answer = await self.post("/v2/models/\(target)", try picture.encodedPNG())
        try #require(answer.status == 200, "\(answer.text)")
        return try JSONDecoder().decode(Reply.self, from: Data(answer.body))
    }

    /// Status, code and message of the answer to a picture that is refused.
    func refusal(_ target: String, _ body: [UInt8]? = nil) async throws -> Refusal {
        let answer = await self.post("/v2/models/\(target)", try body ?? testPicture(1).encodedPNG())
        return Refusal(
            status: answer.status, code: answer.header("Error-Code") ?? "", message: answer.errorMessage ?? answer.text)
    }
}

struct Refusal: Hashable {
    let status: Int
    let code: String
    let message: String
}

extension Image {
    /// The picture as a view of test-time augmentation sees it.
    func seen(_ view: TestTimeView) -> Image {
        var image = self
        for y in 0..<self.height {
            for x in 0..<self.width {
                let source = view.source(row: y, column: x, size: self.width)
                image[x: x, y: y] = self[x: source.column, y: source.row]
            }
        }
        return image
    }
}

/// DICOM pictures of the golden files, by name.
func dicomPicture(_ name: String) throws -> [UInt8] {
    struct Case: Decodable {
        var name: String
        var file: Data
    }
    struct Cases: Decodable {
        var pictures: [Case]
    }
    let data = try Data(contentsOf: URL(fileURLWithPath: goldenDirectory + "/volumes/pictures.json"))
    return Array(try #require(try JSONDecoder().decode(Cases.self, from: data).pictures.first { $0.name == name }).file)
}
