import Pipelines

/// Why there is no result for a picture.
package struct PictureFailure: Error, Sendable, Hashable {
    /// The daemon's `Error-Code`, or one of `DaemonError`.
    package var code: String
    /// One line.
    package var message: String

    package init(code: String, message: String) {
        self.code = code
        self.message = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    /// Whether it says something about the model or its index, so that every other picture would fail as well.
    var isAboutTheModel: Bool {
        ["wrong_task", "ensemble", "no_index", "empty_index", "index_mismatch", "unknown_label"].contains(self.code)
    }
}

/// What the daemon said about a picture.
struct PictureAnswer: Sendable {
    /// An answer of status 200, or why there is none.
    var result: Result<Answer, PictureFailure>
    /// SHA-256 of the picture's file; nil when it could not be read.
    var fileSHA256: String?
    /// From reading the picture to reading the answer.
    var milliseconds: Double
}

/// An answer about one picture.
protocol PictureReply: Decodable, Sendable {
    var model: AnsweringModel { get }
}

extension ScreenReply: PictureReply {}
extension SegmentReply: PictureReply {}
extension EmbedReply: PictureReply {}
extension QueryReply: PictureReply {}

/// Asks one version of a model about pictures, and asks again while the daemon is busy or restarting.
package struct PictureClient: Sendable {
    /// Bytes of a picture that are read; what the daemon takes may be less.
    static let largestImage = 256 << 20
    /// Attempts at a picture while the daemon is busy or restarting.
    private static let attempts = 8

    let client: UnixClient
    let model: ModelSummary
    /// The end of the request's path with its query, such as `segment?overlay=true`.
    let verb: String

    /// Asks about a picture's file. Throws a `DaemonError` when the daemon stays away or busy, or has lost the model.
    func ask(_ path: String) async throws -> PictureAnswer {
        let clock = ContinuousClock()
        let start = clock.now
        var fileHash: String?
        func answer(_ result: Result<Answer, PictureFailure>) -> PictureAnswer {
            let tenths = (milliseconds(clock.now - start) * 10).rounded() / 10
            return PictureAnswer(result: result, fileSHA256: fileHash, milliseconds: tenths)
        }
        let bytes: [UInt8]
        do throws(DaemonError) {
            bytes = try fileBytes(path, limit: Self.largestImage)
        } catch {
            return answer(.failure(PictureFailure(code: error.code.rawValue, message: error.message)))
        }
        fileHash = hash(bytes)
        let reply = try await self.send(bytes)
        switch reply.status {
        case 200: return answer(.success(reply))
        // Other codes of this status are about what the model needs, such as its index.
        case 404 where reply.header("Error-Code") ?? "not_found" == "not_found":
            throw DaemonError(.unavailable, "model \(self.model.name)", "is gone from the daemon; run again")
        default:
            let message = reply.errorMessage ?? "the daemon answered with status \(reply.status)"
            return answer(
                .failure(PictureFailure(code: reply.header("Error-Code") ?? "status_\(reply.status)", message: message)))
        }
    }

    /// What an answer of status 200 says; throws when it is something else, or another model's.
    func reply<Reply: PictureReply>(_ type: Reply.Type, in answer: Answer) throws(DaemonError) -> Reply {
        guard let reply = decodedJSON(type, from: answer.body) else {
            let verb = self.verb.prefix { $0 != "?" }
            throw DaemonError(.connection, self.client.path, "the daemon gave an answer that is no result of \(verb)")
        }
        guard reply.model.sha256 == self.model.sha256 else {
            throw DaemonError(.unavailable, "model \(self.model.name)", "was replaced in the daemon meanwhile; run again")
        }
        return reply
    }

    /// Asks until the daemon has an answer about the picture; gives up when it stays away or busy.
    private func send(_ bytes: [UInt8]) async throws -> Answer {
        let request = Request(
            "POST", "/v2/models/\(self.model.name)/versions/\(self.model.version)/\(self.verb)",
            headers: [("Content-Type", "application/octet-stream")], body: bytes)
        var pause = Duration.milliseconds(50)
        for attempt in 1... {
            do {
                let answer = try await self.client.send(request)
                if answer.status != 503 { return answer }
                guard attempt < Self.attempts else {
                    throw DaemonError(.unavailable, self.client.path, answer.errorMessage ?? "the daemon is busy")
                }
            } catch let error as DaemonError where error.code == .connection && attempt < Self.attempts {
                // Tried again below.
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(2))
        }
        throw CancellationError()
    }
}
