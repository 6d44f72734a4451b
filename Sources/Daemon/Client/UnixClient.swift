import NIOCore
import NIOHTTP1
import NIOPosix

/// A client of the daemon: one connection for each request.
package struct UnixClient: Sendable {
    package let path: String
    /// From the connection to the end of the answer.
    package var timeout = Duration.seconds(300)
    /// Bytes of an answer.
    package var largestReply = 256 << 20

    private typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    package init(path: String) {
        self.path = path
    }

    /// Sends a request and returns the answer, whatever its status. Throws `connection` when there is no daemon or it went
    /// away, and `socket` for a path that no socket can have.
    package func send(_ request: Request) async throws -> Answer {
        try UnixSocket.check(self.path)
        let connection: Connection
        do {
            connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(unixDomainSocketPath: self.path) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw DaemonError(.connection, self.path, "no daemon answers: \(Self.reason(error))")
        }
        do {
            return try await withTaskCancellationHandler {
                try await self.exchange(request, on: connection)
            } onCancel: {
                connection.channel.close(promise: nil)
            }
        } catch let error as DaemonError {
            throw error
        } catch {
            try Task.checkCancellation()
            throw DaemonError(.connection, self.path, "the daemon closed the connection before it answered")
        }
    }

    private func exchange(_ request: Request, on connection: Connection) async throws -> Answer {
        let channel = connection.channel
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(self.timeout)) { channel.close(promise: nil) }
        defer { deadline.cancel() }
        return try await connection.executeThenClose { inbound, outbound in
            do {
                try await outbound.write(contentsOf: self.parts(request, channel.allocator))
            } catch {
                // A daemon that refuses a large body answers before it has read it all: look for the answer first.
            }
            return try await self.answer(inbound)
        }
    }

    private func parts(_ request: Request, _ allocator: ByteBufferAllocator) -> [HTTPClientRequestPart] {
        var headers = HTTPHeaders(request.headers.map { ($0.name, $0.value) })
        headers.add(name: "Host", value: "localhost")
        headers.add(name: "Connection", value: "close")
        headers.add(name: "Content-Length", value: String(request.body.count))
        let method = HTTPMethod(rawValue: request.method)
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: request.target, headers: headers)
        return [.head(head), .body(.byteBuffer(allocator.buffer(bytes: request.body))), .end(nil)]
    }

    private func answer(_ inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>) async throws -> Answer {
        var answer: Answer?
        for try await part in inbound {
            switch part {
            case .head(let head) where (100..<200).contains(head.status.code):
                continue
            case .head(let head):
                answer = Answer(status: Int(head.status.code), headers: head.headers.map { ($0.name, $0.value) }, body: [])
            case .body(let buffer):
                guard (answer?.body.count ?? 0) + buffer.readableBytes <= self.largestReply else {
                    throw DaemonError(.connection, self.path, "the answer is larger than \(self.largestReply) bytes")
                }
                answer?.body.append(contentsOf: buffer.readableBytesView)
            case .end:
                if let answer { return answer }
            }
        }
        throw DaemonError(.connection, self.path, "the daemon closed the connection before it answered")
    }

    private static func reason(_ error: any Error) -> String {
        if let error = error as? IOError { return systemMessage(error.errnoCode) }
        return "the connection failed"
    }
}

extension Answer {
    /// The answer's header field; nil when it is absent.
    package func header(_ name: String) -> String? {
        self.headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The text of `{"error": "..."}`; nil for another body.
    package var errorMessage: String? {
        decodedJSON([String: String].self, from: self.body)?["error"]
    }
}
