import Daemon
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A server over a temporary socket that answers as a test wants: what no good daemon says, and models that are not here.
final class StubDaemon: Sendable {
    let socket: String
    private let server: NIOAsyncChannel<NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>, Never>
    private let task: Task<Void, Never>
    private let asked: Counts

    final class Counts: Sendable {
        let targets = Mutex<[String]>([])
    }

    /// Targets that were asked for, in order.
    var targets: [String] { self.asked.targets.withLock { $0 } }

    init(
        in directory: TemporaryDirectory, answer: @escaping @Sendable (Request) async -> Answer
    ) async throws {
        let socket = directory.path + "/\(UUID().uuidString.prefix(6)).sock"
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(unixDomainSocketPath: socket) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>(
                        wrappingChannelSynchronously: channel)
                }
            }
        let asked = Counts()
        self.task = Task {
            try? await server.executeThenClose { connections in
                try await withThrowingDiscardingTaskGroup { group in
                    for try await connection in connections {
                        group.addTask { try? await Self.serve(connection, asked, answer) }
                    }
                }
            }
        }
        self.socket = socket
        self.server = server
        self.asked = asked
    }

    func stop() async {
        try? await self.server.channel.close()
        self.task.cancel()
        await self.task.value
    }

    private static func serve(
        _ connection: NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>, _ asked: Counts,
        _ answer: @Sendable (Request) async -> Answer
    ) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var request = Request("", "")
            for try await part in inbound {
                switch part {
                case .head(let head): request = Request(head.method.rawValue, head.uri)
                case .body(let buffer): request.body.append(contentsOf: buffer.readableBytesView)
                case .end:
                    asked.targets.withLock { [target = request.target] in $0.append(target) }
                    let answer = await answer(request)
                    var headers = HTTPHeaders(answer.headers.map { ($0.name, $0.value) })
                    headers.add(name: "Content-Length", value: String(answer.body.count))
                    headers.add(name: "Connection", value: "close")
                    let status = HTTPResponseStatus(statusCode: answer.status)
                    try await outbound.write(
                        .head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
                    try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: answer.body))))
                    try await outbound.write(.end(nil))
                    return
                }
            }
        }
    }
}

/// A model that a stub has.
struct StubModel {
    var name = "stub"
    var sha256 = String(repeating: "ab", count: 32)
    var classNames = ["vessel", "disc"]
    var precision: String?

    /// The answer of `GET /v2/models`.
    var list: Answer {
        var summary = ModelSummary(name: self.name, version: 1, sha256: self.sha256, classNames: self.classNames)
        summary.precision = self.precision
        return Answer(json: ["models": [summary]])
    }

    /// The JSON of an answer's `model` and `timings_ms`.
    var origin: String {
        """
        "model":{"name":"\(self.name)","version":1,\(self.precision.map { #""precision":"\#($0)","# } ?? "")"sha256":"\(self.sha256)"},\
        "timings_ms":{"queue":0,"decode":1,"preprocess":1,"compute":1,"total":3}
        """
    }

    func json(_ text: String, status: Int = 200, code: String? = nil) -> Answer {
        Answer(status: status, headers: code.map { [("Error-Code", $0)] } ?? [], body: Array(text.utf8))
    }
}
